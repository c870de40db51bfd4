// SPDX-License-Identifier: BSD-2-Clause
/* vouch target */

#include "target.h"

#include "commands.h"
#include "output.h"
#include "records.h"
#include "target_profile.h"

static json_t *make_call(const char *target, const char *method, json_t *args)
{
	json_t *call = args ? args : json_object();

	json_object_set_new(call, "method", json_sprintf("target.%s", method));
	json_object_set_new(call, "target", json_string(target));
	return call;
}

int vouch_target_call(const struct vouch_cli *cli, const char *target,
		      const char *method, json_t *args,
		      struct vouch_message *msg)
{
	return vouch_service_call(cli, make_call(target, method, args), NULL, 0,
				  msg);
}

int vouch_target_show(const struct vouch_cli *cli, const char *method,
		      json_t *args, void (*show)(const json_t *result))
{
	return vouch_service_show(cli, make_call(cli->argv[0], method, args),
				  show);
}

static int run_list(struct vouch_cli *cli)
{
	return vouch_service_show(cli,
				  json_pack("{s:s}", "method", "target.list"),
				  vouch_output_targets);
}

static void show_line(const json_t *json, const char *head, const char *key)
{
	json_t *text = vouch_json_text(json, key);

	printf("%-14s ", head);
	vouch_output_text(stdout, json_string_value(text));
	putchar('\n');
	json_decref(text);
}

/* What was to be attached when the target started. */
static void show_boot(const json_t *boot)
{
	json_t *rows, *it;
	size_t i;

	if (!json_is_array(boot))
		return;
	rows = json_array();
	json_array_foreach((json_t *)boot, i, it)
		json_array_append_new(rows,
				      json_pack("[o, o, o, o, o, o]",
						vouch_json_text(it, "slot"),
						vouch_json_text(it, "image"),
						vouch_json_text(it, "program"),
						vouch_json_text(it, "hook"),
						vouch_json_text(it, "status"),
						vouch_json_text(it, "reason")));
	putchar('\n');
	vouch_output_table(json_pack("[s, s, s, s, s, s]", "AT START, SLOT",
				     "IMAGE", "PROGRAM", "HOOK", "STATUS",
				     "REASON"),
			   rows);
}

static void show_target(const json_t *json)
{
	json_t *images = json_array(), *floors = json_array(), *it;
	size_t i;

	show_line(json, "vouch_target", "version");
	show_line(json, "abi", "abi");
	show_line(json, "kernel", "release");
	show_line(json, "profile", "profile");
	json_array_foreach(json_object_get(json, "images"), i, it)
		json_array_append_new(
			images, json_pack("[o, o, o, o, o, o]",
					  vouch_json_text(it, "name"),
					  vouch_json_text(it, "slot"),
					  vouch_json_text(it, "epoch"),
					  vouch_json_text(it, "sequence"),
					  vouch_json_text(it, "refs"),
					  vouch_json_text(it, "object_name")));
	json_array_foreach(json_object_get(json, "floors"), i, it)
		json_array_append_new(
			floors,
			json_pack("[o, o, o]", vouch_json_text(it, "slot"),
				  vouch_json_text(it, "epoch"),
				  vouch_json_text(it, "sequence")));
	putchar('\n');
	vouch_output_table(json_pack("[s, s, s, s, s, s]", "IMAGE", "SLOT",
				     "EPOCH", "SEQUENCE", "REFS", "OBJECT"),
			   images);
	putchar('\n');
	vouch_output_table(
		json_pack("[s, s, s]", "FLOOR OF SLOT", "EPOCH", "SEQUENCE"),
		floors);
	show_boot(json_object_get(json, "boot"));
}

static int run_show(struct vouch_cli *cli)
{
	if (vouch_target_is_file(cli->argv[0]))
		return vouch_target_show_file(cli);
	return vouch_target_show(cli, "show", NULL, show_target);
}

/* The hooks as one text, with a blank between. */
static json_t *join(const json_t *hooks)
{
	char text[256] = "";
	size_t i, n = 0;
	json_t *hook;

	if (json_is_string(hooks))
		return json_string(json_string_value(hooks));
	json_array_foreach(hooks, i, hook) {
		int more = snprintf(
			text + n, sizeof(text) - n, "%s%s", n ? " " : "",
			json_is_string(hook) ? json_string_value(hook) : "-");

		if (more < 0 || n + (size_t)more >= sizeof(text))
			break;
		n += (size_t)more;
	}
	return json_string(n ? text : "-");
}

static void show_programs(const json_t *json)
{
	json_t *rows = json_array(), *it;
	size_t i;

	json_array_foreach(json_object_get(json, "programs"), i, it)
		json_array_append_new(
			rows, json_pack("[o, o, o, o, o]",
					vouch_json_text(it, "image"),
					vouch_json_text(it, "name"),
					vouch_json_text(it, "type"),
					vouch_json_text(it, "runs"),
					join(json_object_get(it, "attached"))));
	vouch_output_table(json_pack("[s, s, s, s, s]", "IMAGE", "PROGRAM",
				     "TYPE", "RUNS", "ATTACHED"),
			   rows);
}

static int run_progs(struct vouch_cli *cli)
{
	return vouch_target_show(cli, "progs", NULL, show_programs);
}

static void show_done(const json_t *json)
{
	static const char *const words[] = { "attached", "detached",
					     "unloaded" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (json_object_get(json, words[i]))
			show_line(json, words[i], words[i]);
}

static json_t *hook_args(const struct vouch_cli *cli)
{
	return json_pack("{s:s, s:s, s:s*}", "image", cli->argv[1], "hook",
			 cli->argv[2], "program",
			 vouch_cli_option(cli, "program"));
}

static int run_attach(struct vouch_cli *cli)
{
	return vouch_target_show(cli, "attach", hook_args(cli), show_done);
}

static int run_detach(struct vouch_cli *cli)
{
	return vouch_target_show(cli, "detach", hook_args(cli), show_done);
}

static int run_unload(struct vouch_cli *cli)
{
	return vouch_target_show(cli, "unload",
				 json_pack("{s:s}", "image", cli->argv[1]),
				 show_done);
}

#define ABOUT_IMAGE                                                         \
	"IMAGE is a name, a content hash, or a prefix of that of at least " \
	"four digits.\n"

static const struct vouch_cli_option program_options[] = {
	{ "program", "NAME", "which program of the image, if it has several" },
	{ NULL, NULL, NULL },
};

static const struct vouch_cli_option config_options[] = {
	{ "config", "FILE", "vouchd's configuration" },
	{ NULL, NULL, NULL },
};

static const struct vouch_cli_option add_options[] = {
	{ "name", "NAME", "add a target of that name, not its profile alone" },
	{ "agent-socket", "PATH", "where its agent is to be reached" },
	{ "slot", "NAME", "its slot (default)" },
	{ "config", "FILE", "vouchd's configuration" },
	{ NULL, NULL, NULL },
};

static const struct vouch_cli_option check_options[] = {
	{ "profile", "FILE", "the profile, if not the configured one" },
	{ "config", "FILE", "vouchd's configuration" },
	{ NULL, NULL, NULL },
};

const struct vouch_cli_command vouch_target_commands[] = {
	{ .name = "list", .summary = "List the targets", .run = run_list },
	{ .name = "show",
	  .operands = "TARGET | FILE",
	  .summary = "Show a target, its images and its floors, or a profile",
	  .details = "FILE is a path with a slash. Its signature must be by a "
		     "key whose certificate is\nin \"profile_certs\" of "
		     "vouchd's configuration.\n",
	  .min = 1,
	  .max = 1,
	  .options = config_options,
	  .run = run_show },
	{ .name = "add",
	  .operands = "FILE",
	  .summary = "Put a target profile into vouchd's configuration",
	  .details = "The signature is checked first. vouchd reads its "
		     "configuration when it starts.\n",
	  .min = 1,
	  .max = 1,
	  .options = add_options,
	  .run = vouch_target_add },
	{ .name = "check",
	  .operands = "TARGET",
	  .summary = "Hold a running target against its profile",
	  .details = "Compared are the profile that its vouch_target was "
		     "built with, the kernel's\nrelease and build id, and "
		     "the ABI.\n",
	  .min = 1,
	  .max = 1,
	  .options = check_options,
	  .run = vouch_target_check },
	{ .name = "progs",
	  .operands = "TARGET",
	  .summary =
		  "Show the programs on a target and where they are attached",
	  .min = 1,
	  .max = 1,
	  .run = run_progs },
	{ .name = "attach",
	  .operands = "TARGET IMAGE HOOK",
	  .summary = "Attach a program of a loaded image to a hook",
	  .details = ABOUT_IMAGE
	  "HOOK is as in xdp:eth0; section: where its section says.\n",
	  .min = 3,
	  .max = 3,
	  .options = program_options,
	  .run = run_attach },
	{ .name = "detach",
	  .operands = "TARGET IMAGE HOOK",
	  .summary = "Detach a program from a hook",
	  .details = ABOUT_IMAGE "HOOK is as in xdp:eth0.\n",
	  .min = 3,
	  .max = 3,
	  .options = program_options,
	  .run = run_detach },
	{ .name = "unload",
	  .operands = "TARGET IMAGE",
	  .summary = "Detach all programs of an image and take it out",
	  .details = ABOUT_IMAGE,
	  .min = 2,
	  .max = 2,
	  .run = run_unload },
	{ .name = "printed",
	  .operands = "TARGET",
	  .summary = "Take out the lines that programs printed",
	  .details = "That is what bpf_printk() writes, which other kernels "
		     "have in trace_pipe.\nA line is shown once, by whoever "
		     "asks first.\n",
	  .min = 1,
	  .max = 1,
	  .options = vouch_printed_options,
	  .run = vouch_printed_run },
	{ .name = "map",
	  .summary = "Show and change maps on a target",
	  .commands = vouch_map_commands },
	{ .name = NULL },
};
