// SPDX-License-Identifier: BSD-2-Clause
/* vouch deliver */

#include <stdlib.h>

#include "commands.h"
#include "output.h"
#include "request.h"
#include "service.h"
#include "verdict.h"

const struct vouch_cli_option vouch_deliver_options[] = {
	{ "target", "NAME", "deliver to this target" },
	{ "attach", "HOOK", "attach its program there, as xdp:eth0" },
	{ NULL, NULL, NULL },
};

static void show_line(const char *head, const char *text)
{
	printf("  %-9s ", head);
	vouch_output_text(stdout, text);
	putchar('\n');
}

static void show(const char *path, const json_t *result)
{
	const char *reason =
		json_string_value(json_object_get(result, "reason"));
	const char *remedy =
		json_string_value(json_object_get(result, "remedy"));
	bool good = !vouch_verdict_exit(result);
	char text[256];

	printf("%s: %s", path,
	       vouch_output_mark(stdout,
				 good ? VOUCH_MARK_GOOD : VOUCH_MARK_BAD));
	vouch_output_text(stdout, vouch_json_string(result, "status"));
	printf("%s\n", vouch_output_mark(stdout, VOUCH_MARK_NONE));
	if (reason && *reason)
		show_line("reason", reason);
	if (!good && remedy && *remedy)
		show_line("next", remedy);
	show_line("image", vouch_json_string(result, "image"));
	snprintf(text, sizeof(text), "%s, slot %s",
		 vouch_json_string(result, "target"),
		 vouch_json_string(result, "slot"));
	show_line("target", text);
}

static int deliver(const struct vouch_cli *cli, struct vouch_service *service,
		   const char *path)
{
	struct vouch_message msg;
	struct vouch_failure f;
	json_t *request;
	void *image;
	size_t len;
	int exit, err = vouch_request_file(path, &image, &len, &f);

	if (err)
		return vouch_cli_fail(cli, &f);
	request = json_pack("{s:s, s:s?, s:s?}", "method", "deliver", "target",
			    vouch_cli_option(cli, "target"), "attach",
			    vouch_cli_option(cli, "attach"));
	err = vouch_service_ask(service, VOUCH_FRAME_CALL, request, image, len,
				VOUCH_FRAME_RESULT, &msg, &f);
	free(image);
	if (err)
		return vouch_cli_fail(cli, &f);
	if (vouch_cli_json(cli))
		vouch_output_json(msg.json);
	else
		show(path, msg.json);
	exit = vouch_verdict_exit(msg.json);
	vouch_message_release(&msg);
	return exit;
}

int vouch_deliver_run(struct vouch_cli *cli)
{
	struct vouch_service service;
	struct vouch_failure f;
	int i, exit = VOUCH_EXIT_OK;

	if (vouch_service_open(cli, &service, &f))
		return vouch_cli_fail(cli, &f);
	for (i = 0; i < cli->argc; i++) {
		int one = deliver(cli, &service, cli->argv[i]);

		if (!exit)
			exit = one;
		/* Nobody answers any more: further images would fail alike. */
		if (one == VOUCH_EXIT_UNAVAILABLE || one == VOUCH_EXIT_TIMEOUT)
			break;
	}
	vouch_service_close(&service);
	return exit;
}
