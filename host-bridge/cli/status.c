// SPDX-License-Identifier: BSD-2-Clause
/* vouch status */

#include "commands.h"
#include "output.h"
#include "service.h"

static void show_verifiers(const json_t *json)
{
	json_t *rows = json_array(), *it;
	size_t i;

	json_array_foreach(json_object_get(json, "verifiers"), i, it)
		json_array_append_new(
			rows,
			json_pack("[o, o, o, o]", vouch_json_text(it, "name"),
				  vouch_json_text(it, "state"),
				  vouch_json_text(it, "release"),
				  vouch_json_text(it, "cpu_model")));
	if (json_array_size(rows))
		putchar('\n');
	if (json_array_size(rows))
		vouch_output_table(json_pack("[s, s, s, s]", "VERIFIER",
					     "STATE", "RELEASE", "CPU"),
				   rows);
	else
		json_decref(rows);
}

static void show(const json_t *json)
{
	printf("vouchd ");
	vouch_output_text(stdout, vouch_json_string(json, "version"));
	printf(", up %lld s, %lld submissions, %lld images\n",
	       (long long)json_integer_value(json_object_get(json, "uptime_s")),
	       (long long)json_integer_value(
		       json_object_get(json, "submissions")),
	       (long long)json_integer_value(json_object_get(json, "images")));
	show_verifiers(json);
	if (json_array_size(json_object_get(json, "targets"))) {
		putchar('\n');
		vouch_output_targets(json);
	}
}

int vouch_status_run(struct vouch_cli *cli)
{
	return vouch_service_show(cli, json_pack("{s:s}", "method", "status"),
				  show);
}
