// SPDX-License-Identifier: BSD-2-Clause
/* vouch target add, show and check: files of target profiles. */

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/hex.h"
#include "../config.h"
#include "../path.h"
#include "../profile_load.h"
#include "output.h"
#include "target.h"
#include "target_profile.h"

/* A configuration with who may sign profiles, and a profile. */
struct setting {
	const struct vouch_cli *cli;
	struct vouch_config config;
	const char *path; /* of the configuration */
	char found[512];
	struct vouch_profile *profile;
};

static int no_config(const struct vouch_cli *cli, const char *path,
		     const char *why)
{
	struct vouch_failure f;

	vouch_fail(&f, -EINVAL, VOUCH_EXIT_USAGE, "read the configuration %s",
		   path ? path : "of vouchd");
	vouch_fail_why(&f, "%s", why);
	vouch_fail_next(&f, "name vouchd's configuration with --config; "
			    "vouchd(8) says what stands in it");
	return vouch_cli_fail(cli, &f);
}

static int open_config(struct setting *s, const struct vouch_cli *cli)
{
	char why[512];

	memset(s, 0, sizeof(*s));
	s->cli = cli;
	s->path = vouch_config_find(vouch_cli_option(cli, "config"), s->found,
				    sizeof(s->found));
	if (!s->path)
		return no_config(cli, NULL, "there is none");
	if (vouch_config_load(s->path, &s->config, why, sizeof(why)))
		return no_config(cli, s->path, why);
	return VOUCH_EXIT_OK;
}

static int open_profile(struct setting *s, const char *path)
{
	struct vouch_failure f;
	char why[256] = "";
	int err;

	err = vouch_profile_load(path, s->config.profile_certs,
				 s->config.n_profile_certs, &s->profile, why,
				 sizeof(why));
	if (!err)
		return VOUCH_EXIT_OK;
	vouch_fail(&f, err,
		   err == -EKEYREJECTED ? VOUCH_EXIT_TRUST : VOUCH_EXIT_USAGE,
		   "read target profile %s", path);
	vouch_fail_why(&f, "%s", why);
	vouch_fail_next(&f,
			"make it with 'make profile' and a key whose "
			"certificate is in \"profile_certs\" of %s",
			s->path);
	return vouch_cli_fail(s->cli, &f);
}

static void close_setting(struct setting *s)
{
	vouch_profile_free(s->profile);
	vouch_config_release(&s->config);
}

/* ---- show ---- */

static json_t *profile_json(const struct vouch_profile *p)
{
	char id[2 * VOUCH_HASH_LEN + 1];
	const char *build = vouch_profile_text(p, "build_id");
	size_t btf, kconfig;

	vouch_hex_write(vouch_profile_identity(p), VOUCH_HASH_LEN, id);
	vouch_profile_btf(p, &btf);
	vouch_profile_kconfig(p, &kconfig);
	return json_pack(
		"{s:s, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"profile", id, "release", vouch_profile_release(p), "vermagic",
		vouch_profile_vermagic(p), "build_id", build, "prog_types",
		(json_int_t)vouch_profile_list(p, "prog_types"), "map_types",
		(json_int_t)vouch_profile_list(p, "map_types"), "helpers",
		(json_int_t)vouch_profile_list(p, "helpers"), "hooks",
		(json_int_t)vouch_profile_list(p, "hooks"), "tracepoints",
		(json_int_t)vouch_profile_list(p, "tracepoints"), "accesses",
		(json_int_t)vouch_profile_oracle(p), "btf_bytes",
		(json_int_t)btf, "kconfig_bytes", (json_int_t)kconfig);
}

static int give(const struct vouch_cli *cli, json_t *json)
{
	const char *key;
	json_t *value;

	if (vouch_cli_json(cli)) {
		vouch_output_json(json);
	} else {
		json_object_foreach(json, key, value) {
			json_t *text = vouch_json_text(json, key);

			printf("%-14s ", key);
			vouch_output_text(stdout, json_string_value(text));
			putchar('\n');
			json_decref(text);
		}
	}
	json_decref(json);
	return VOUCH_EXIT_OK;
}

bool vouch_target_is_file(const char *operand)
{
	return strchr(operand, '/') != NULL;
}

int vouch_target_show_file(const struct vouch_cli *cli)
{
	struct setting s;
	int exit = open_config(&s, cli);

	if (!exit)
		exit = open_profile(&s, cli->argv[0]);
	if (!exit)
		exit = give(cli, profile_json(s.profile));
	close_setting(&s);
	return exit;
}

/* ---- add ---- */

static json_t *new_target(const struct vouch_cli *cli, const char *profile)
{
	const char *name = vouch_cli_option(cli, "name");
	const char *agent = vouch_cli_option(cli, "agent-socket");
	const char *slot = vouch_cli_option(cli, "slot");

	return json_pack("{s:s, s:s, s:s, s:s*, s:[s]}", "name", name, "role",
			 "target", "profile", profile, "agent_socket", agent,
			 "slots", slot ? slot : "default");
}

/* What the configuration would say then, as text to be freed. */
static char *changed_config(const struct setting *s, const char *profile)
{
	json_t *root = json_deep_copy(s->config.root);
	const bool target = vouch_cli_option(s->cli, "name");
	const char *key = target ? "vms" : "profiles";
	json_t *list = json_object_get(root, key);
	char *text;

	if (!list) {
		list = json_array();
		json_object_set_new(root, key, list);
	}
	json_array_append_new(list, target ? new_target(s->cli, profile)
					   : json_string(profile));
	text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return text;
}

/* As vouchd itself would read it; only then is it put in place. */
static int check_text(const char *text, char *why, size_t size)
{
	char path[] = "/tmp/vouch-config-XXXXXX";
	struct vouch_config config;
	int fd = mkstemp(path), err;

	if (fd < 0) {
		err = -errno;
		snprintf(why, size, "%s: %s", path, strerror(-err));
		return err;
	}
	close(fd);
	err = vouch_path_put(path, text, strlen(text));
	if (err)
		snprintf(why, size, "%s: %s", path, strerror(-err));
	else
		err = vouch_config_load(path, &config, why, size);
	if (!err)
		vouch_config_release(&config);
	unlink(path);
	return err;
}

static int put_config(const struct setting *s, const char *profile)
{
	char *text = changed_config(s, profile);
	struct vouch_failure f;
	char why[512] = "";
	int err = -ENOMEM;

	if (text)
		err = check_text(text, why, sizeof(why));
	if (!err)
		err = vouch_path_put(s->path, text, strlen(text));
	free(text);
	if (!err)
		return VOUCH_EXIT_OK;
	vouch_fail(&f, err, VOUCH_EXIT_USAGE, "add %s to %s", profile, s->path);
	if (why[0])
		vouch_fail_why(&f, "%s", why);
	vouch_fail_next(&f, "give --name, --agent-socket and --slot as a "
			    "target of vouchd's configuration has them, see "
			    "vouchd(8)");
	return vouch_cli_fail(s->cli, &f);
}

int vouch_target_add(struct vouch_cli *cli)
{
	char path[PATH_MAX];
	struct setting s;
	int exit = open_config(&s, cli);

	if (!exit)
		exit = open_profile(&s, cli->argv[0]);
	if (!exit && !realpath(cli->argv[0], path))
		exit = no_config(cli, s.path, strerror(errno));
	if (!exit)
		exit = put_config(&s, path);
	if (!exit)
		exit = give(cli, profile_json(s.profile));
	if (!exit && !vouch_cli_json(cli))
		fprintf(stderr, "added to %s; restart vouchd to have it read\n",
			s.path);
	close_setting(&s);
	return exit;
}

/* ---- check ---- */

static json_t *find_target(const json_t *status, const char *name)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(status, "targets"), i, target)
		if (!strcmp(vouch_json_string(target, "name"), name))
			return target;
	return NULL;
}

/* One line of what must be the same; the number of those that differ. */
static int compare(json_t *rows, const char *what, const char *profile,
		   const char *target)
{
	const bool same = profile && !strcmp(profile, target);

	json_array_append_new(rows,
			      json_pack("{s:s, s:s, s:s, s:b}", "what", what,
					"profile", profile ? profile : "-",
					"target", target, "same", same));
	return !same;
}

static void show_rows(const json_t *rows)
{
	json_t *row, *table = json_array();
	size_t i;

	json_array_foreach(rows, i, row)
		json_array_append_new(
			table,
			json_pack("[s, s, s, s]",
				  vouch_json_string(row, "what"),
				  vouch_json_string(row, "profile"),
				  vouch_json_string(row, "target"),
				  json_is_true(json_object_get(row, "same"))
					  ? "same"
					  : "differs"));
	vouch_output_table(json_pack("[s, s, s, s]", "FACT", "PROFILE",
				     "TARGET", "VERDICT"),
			   table);
}

static int report(const struct vouch_cli *cli, json_t *rows, int differ)
{
	json_t *json = json_pack("{s:s, s:b, s:O}", "target", cli->argv[0],
				 "same", !differ, "facts", rows);
	struct vouch_failure f;

	if (vouch_cli_json(cli))
		vouch_output_json(json);
	else
		show_rows(rows);
	json_decref(json);
	if (!differ)
		return VOUCH_EXIT_OK;
	vouch_fail(&f, -EINVAL, VOUCH_EXIT_REFUSED,
		   "hold target '%s' against its profile", cli->argv[0]);
	vouch_fail_why(&f, "%d of %zu facts differ", differ,
		       json_array_size(rows));
	vouch_fail_next(&f, "boot the kernel, and load the vouch_target.ko, "
			    "that the profile was made with; or make the "
			    "profile anew");
	if (!vouch_cli_json(cli))
		return vouch_cli_fail(cli, &f);
	return (int)f.exit;
}

static int compare_target(const struct setting *s, const json_t *target)
{
	const struct vouch_profile *p = s->profile;
	char id[2 * VOUCH_HASH_LEN + 1], abi[16];
	const char *build = vouch_profile_text(p, "build_id");
	json_t *rows = json_array(), *text;
	int differ, exit;

	vouch_hex_write(vouch_profile_identity(p), VOUCH_HASH_LEN, id);
	snprintf(abi, sizeof(abi), "%d", VOUCH_TARGET_ABI);
	differ = compare(rows, "profile", id,
			 vouch_json_string(target, "profile"));
	differ += compare(rows, "release", vouch_profile_release(p),
			  vouch_json_string(target, "release"));
	/* A profile of a tree that was only prepared says nothing of it. */
	if (build)
		differ += compare(rows, "build id", build,
				  vouch_json_string(target, "build_id"));
	text = vouch_json_text(target, "abi");
	differ += compare(rows, "abi", abi, json_string_value(text));
	json_decref(text);
	exit = report(s->cli, rows, differ);
	json_decref(rows);
	return exit;
}

static int no_target(const struct vouch_cli *cli, const char *why)
{
	struct vouch_failure f;

	vouch_fail(&f, -ENOENT, VOUCH_EXIT_UNAVAILABLE,
		   "hold target '%s' against its profile", cli->argv[0]);
	vouch_fail_why(&f, "%s", why);
	vouch_fail_next(&f, "see 'vouch target list'");
	return vouch_cli_fail(cli, &f);
}

static int check_running(const struct setting *s)
{
	struct vouch_message msg;
	const json_t *target;
	int exit;

	exit = vouch_service_call(
		s->cli, json_pack("{s:s}", "method", "status"), NULL, 0, &msg);
	if (exit)
		return exit;
	target = find_target(msg.json, s->cli->argv[0]);
	if (!target)
		exit = no_target(s->cli, "vouchd knows no such target");
	else if (!json_is_string(json_object_get(target, "profile")))
		exit = no_target(s->cli, "it is not connected");
	else
		exit = compare_target(s, target);
	vouch_message_release(&msg);
	return exit;
}

int vouch_target_check(struct vouch_cli *cli)
{
	const char *path = vouch_cli_option(cli, "profile");
	struct setting s;
	int exit = open_config(&s, cli), i;

	if (!exit && !path) {
		i = vouch_config_target(&s.config, cli->argv[0]);
		if (i >= 0)
			path = s.config.vms[i].profile;
		else
			exit = no_config(cli, s.path, "it has no such target");
	}
	if (!exit)
		exit = open_profile(&s, path);
	if (!exit)
		exit = check_running(&s);
	close_setting(&s);
	return exit;
}
