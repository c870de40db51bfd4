// SPDX-License-Identifier: BSD-2-Clause
/* vouch submission */

#include <stdlib.h>

#include "commands.h"
#include "output.h"
#include "service.h"
#include "verdict.h"

const struct vouch_cli_option vouch_submission_options[] = {
	{ "log", NULL, "show the verifier's whole log" },
	{ NULL, NULL, NULL },
};

static int read_number(const char *text, json_int_t *number,
		       struct vouch_failure *f)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (!errno && end != text && !*end && *number > 0)
		return 0;
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "look up a submission");
	vouch_fail_why(f, "\"%.32s\" is no number of one", text);
	return vouch_fail_next(f, "give the number that 'vouch submit' shows");
}

int vouch_submission_run(struct vouch_cli *cli)
{
	struct vouch_message msg;
	struct vouch_failure f;
	json_int_t number;
	int exit;

	if (read_number(cli->argv[0], &number, &f))
		return vouch_cli_fail(cli, &f);
	exit = vouch_service_call(cli,
				  json_pack("{s:s, s:I}", "method",
					    "submission", "submission", number),
				  NULL, 0, &msg);
	if (exit)
		return exit;
	if (vouch_cli_json(cli))
		vouch_output_json(msg.json);
	else
		vouch_verdict_show("object", msg.json,
				   vouch_cli_option(cli, "log"));
	exit = vouch_verdict_exit(msg.json);
	vouch_message_release(&msg);
	return exit;
}
