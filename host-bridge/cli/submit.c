// SPDX-License-Identifier: BSD-2-Clause
/* vouch submit */

#include <stdlib.h>

#include "commands.h"
#include "output.h"
#include "request.h"
#include "service.h"
#include "verdict.h"

const struct vouch_cli_option vouch_submit_options[] = {
	{ "target", "NAME", "deliver to this target" },
	{ "slot", "NAME", "deliver to this slot of the target" },
	{ "attach", "HOOK", "attach its program there, as xdp:eth0" },
	{ "set", "NAME=VALUE",
	  "set a constant (.rodata, .data) of the object" },
	{ "map-entries", "NAME=N", "set the size of a map" },
	{ "map-type", "NAME=TYPE", "set its type, as user space would" },
	{ "map-key-size", "NAME=N", "set the bytes of its keys" },
	{ "map-value-size", "NAME=N", "set the bytes of its values" },
	{ "program", "NAME", "take this program of the object, not all" },
	{ "no-deliver", NULL, "verify, link and sign only" },
	{ "log", NULL, "show the verifier's whole log" },
	{ NULL, NULL, NULL },
};

static json_t *make_request(const struct vouch_cli *cli, const char *path,
			    json_t *options)
{
	return json_pack("{s:s, s:O, s:s?, s:s?, s:s?, s:b}", "name",
			 vouch_request_name(path), "options", options, "target",
			 vouch_cli_option(cli, "target"), "slot",
			 vouch_cli_option(cli, "slot"), "attach",
			 vouch_cli_option(cli, "attach"), "deliver",
			 !vouch_cli_option(cli, "no-deliver"));
}

static int submit(const struct vouch_cli *cli, struct vouch_service *service,
		  const char *path, json_t *options)
{
	struct vouch_message msg;
	struct vouch_failure f;
	void *object;
	size_t len;
	int exit, err = vouch_request_file(path, &object, &len, &f);

	if (err)
		return vouch_cli_fail(cli, &f);
	err = vouch_service_ask(service, VOUCH_FRAME_SUBMIT,
				make_request(cli, path, options), object, len,
				VOUCH_FRAME_VERDICT, &msg, &f);
	free(object);
	if (err)
		return vouch_cli_fail(cli, &f);
	if (vouch_cli_json(cli))
		vouch_output_json(msg.json);
	else
		vouch_verdict_show(path, msg.json,
				   vouch_cli_option(cli, "log"));
	exit = vouch_verdict_exit(msg.json);
	vouch_message_release(&msg);
	return exit;
}

/* Nobody answers any more: further objects would fail alike. */
static bool is_final(int exit)
{
	return exit == VOUCH_EXIT_UNAVAILABLE || exit == VOUCH_EXIT_TIMEOUT;
}

static void choose_programs(const struct vouch_cli *cli, json_t *options)
{
	json_t *programs = json_array();
	const char *name;
	int at = 0;

	while ((name = vouch_cli_next(cli, "program", &at)))
		json_array_append_new(programs, json_string(name));
	if (json_array_size(programs))
		json_object_set(options, "programs", programs);
	json_decref(programs);
}

int vouch_submit_run(struct vouch_cli *cli)
{
	struct vouch_service service;
	struct vouch_failure f;
	json_t *options;
	int i, exit = VOUCH_EXIT_OK;

	if (vouch_request_options(cli, &options, &f))
		return vouch_cli_fail(cli, &f);
	choose_programs(cli, options);
	if (vouch_service_open(cli, &service, &f)) {
		json_decref(options);
		return vouch_cli_fail(cli, &f);
	}
	for (i = 0; i < cli->argc; i++) {
		int one = submit(cli, &service, cli->argv[i], options);

		if (!exit)
			exit = one;
		if (is_final(one))
			break;
	}
	vouch_service_close(&service);
	json_decref(options);
	return exit;
}
