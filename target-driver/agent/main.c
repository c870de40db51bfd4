// SPDX-License-Identifier: BSD-2-Clause
/*
 * vouch-targetd: the target's agent. It takes images from vouchd, or from a
 * file, to /dev/vouch_target and the kernel's module loader.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent.h"
#include "boot.h"
#include "confine.h"
#include "endpoint.h"
#include "file.h"
#include "options.h"
#include "session.h"
#include "store.h"

static int complain(const struct vouch_failure *f)
{
	fprintf(stderr, "vouch-targetd: cannot %s: %s\n", f->what, f->why);
	if (f->remedy[0])
		fprintf(stderr, "  %s\n", f->remedy);
	return (int)f->exit;
}

static int give_up(struct vouch_failure *f)
{
	const char *what;
	int err = vouch_agent_confine(&what);

	if (!err)
		return 0;
	vouch_fail(f, err, VOUCH_EXIT_INTERNAL, "give up privileges");
	vouch_fail_why(f, "%s: %s", what, strerror(-err));
	return vouch_fail_next(f, "use a kernel of Linux 5.9 or later, and let "
				  "no filter forbid prctl and capset");
}

/* Before anything else the module learns the stored floors. */
static int start(struct vouch_agent *agent, struct vouch_failure *f)
{
	int err = vouch_store_init(agent->state, f);

	if (!err)
		err = give_up(f);
	if (err)
		return err;
	err = vouch_floors_load(agent->state, &agent->floors, f);
	if (err)
		return err;
	agent->device = vouch_device_open(&agent->info, f);
	if (agent->device < 0)
		return agent->device;
	return vouch_floors_hand_over(agent->device, &agent->floors, f);
}

int main(int argc, char **argv)
{
	struct vouch_options options;
	struct vouch_agent agent = { .device = -1 };
	struct vouch_failure f = { 0 };
	int err = vouch_options_read(argc, argv, &options, &f);
	u8 *file = NULL;
	size_t len = 0;

	if (err > 0)
		return VOUCH_EXIT_OK;
	if (err)
		return complain(&f);
	agent.state = options.state;
	/* The file may be one that only an unbounded root can read. */
	if (options.file && vouch_file_read(options.file, &file, &len, &f))
		return complain(&f);
	if (start(&agent, &f))
		return complain(&f);
	if (!options.file) {
		if (options.boot)
			agent.boot = vouch_boot_run(&agent, options.boot);
		vouch_session_run(&agent, &options.endpoint, options.connect);
	}
	err = vouch_file_deliver(&agent, file, len, options.attach, &f);
	free(file);
	return err ? complain(&f) : VOUCH_EXIT_OK;
}
