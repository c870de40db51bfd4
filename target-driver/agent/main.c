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

/* Before anything else the module learns the stored floors. */
static int start(struct vouch_agent *agent, struct vouch_failure *f)
{
	int err = vouch_store_init(agent->state, f);

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

	if (err > 0)
		return VOUCH_EXIT_OK;
	if (err)
		return complain(&f);
	agent.state = options.state;
	if (start(&agent, &f))
		return complain(&f);
	if (!options.file)
		vouch_session_run(&agent, &options.endpoint, options.connect);
	if (vouch_file_deliver(&agent, options.file, options.attach, &f))
		return complain(&f);
	return VOUCH_EXIT_OK;
}
