// SPDX-License-Identifier: BSD-2-Clause
/* Where vouchd is: flag, environment, user file, system file, default. */

#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SYSTEM_FILE "/etc/vouch/config.json"
#define DEFAULT_URI "unix:/run/vouch/vouchd.sock"

static void set(struct vouch_settings *settings, const char *uri,
		const char *origin)
{
	snprintf(settings->uri, sizeof(settings->uri), "%s", uri);
	settings->origin = origin;
}

/* 1: the file names an endpoint; 0: it is not there or names none. */
static int read_file(const char *path, const char *origin,
		     struct vouch_settings *settings, struct vouch_failure *f)
{
	const char *uri = NULL;
	json_error_t error;
	json_t *json;
	int err;

	if (access(path, F_OK))
		return 0;
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read the configuration %s",
		   path);
	vouch_fail_next(f, "write {\"endpoint\": \"URI\"}, or name the "
			   "endpoint with --endpoint");
	json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		return vouch_fail_why(f, "line %d: %s", error.line, error.text);
	err = json_unpack_ex(json, &error, JSON_STRICT, "{s?s}", "endpoint",
			     &uri);
	if (err)
		err = vouch_fail_why(f, "%s", error.text);
	else if (uri)
		set(settings, uri, origin);
	json_decref(json);
	return err ? err : !!settings->origin;
}

static void user_file(char *path, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && *config)
		snprintf(path, size, "%s/vouch/config.json", config);
	else
		snprintf(path, size, "%s/.config/vouch/config.json",
			 home ? home : "");
}

static int find(const struct vouch_cli *cli, struct vouch_settings *settings,
		struct vouch_failure *f)
{
	const char *flag = vouch_cli_option(cli, "endpoint");
	const char *environment = getenv("VOUCH_ENDPOINT");
	char path[512];
	int err;

	if (flag) {
		set(settings, flag, "--endpoint");
		return 0;
	}
	if (environment && *environment) {
		set(settings, environment, "VOUCH_ENDPOINT");
		return 0;
	}
	user_file(path, sizeof(path));
	err = read_file(path, "the user's configuration", settings, f);
	if (!err)
		err = read_file(SYSTEM_FILE, SYSTEM_FILE, settings, f);
	if (!err)
		set(settings, DEFAULT_URI, "the default");
	return err < 0 ? err : 0;
}

int vouch_settings_read(const struct vouch_cli *cli,
			struct vouch_settings *settings,
			struct vouch_failure *f)
{
	const char *why;
	int err;

	memset(settings, 0, sizeof(*settings));
	err = find(cli, settings, f);
	if (err)
		return err;
	err = vouch_endpoint_parse(settings->uri, &settings->endpoint, &why);
	if (!err)
		return 0;
	vouch_fail(f, err, VOUCH_EXIT_USAGE, "use the endpoint %s from %s",
		   settings->uri, settings->origin);
	vouch_fail_why(f, "%s", why);
	return vouch_fail_next(f, "name vouchd as unix:/path or "
				  "vsock://CID:PORT");
}
