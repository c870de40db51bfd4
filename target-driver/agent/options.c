// SPDX-License-Identifier: BSD-2-Clause
/* What vouch-targetd is told: flags, then its configuration file. */

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "boot_list.h"

#define DEFAULT_CONFIG "/etc/vouch/targetd.json"
#define DEFAULT_CONNECT "vsock://2:7002"
#define DEFAULT_STATE "/var/lib/vouch-targetd"

static const char usage[] =
	"Usage: vouch-targetd [--connect URI] [--state DIR] [--config FILE]\n"
	"       vouch-targetd --file IMAGE [--attach HOOK] [--state DIR]\n"
	"\n"
	"The agent of a target: takes signed images to vouch_target.\n"
	"\n"
	"  --connect URI   where vouchd listens (" DEFAULT_CONNECT ")\n"
	"  --state DIR     floors and images (" DEFAULT_STATE ")\n"
	"  --config FILE   JSON with \"connect\", \"state\" and \"boot\"\n"
	"                  (" DEFAULT_CONFIG ", if it is there)\n"
	"  --file IMAGE    deliver this image by hand, then end\n"
	"  --attach HOOK   with --file: attach its program, as xdp:eth0\n"
	"  --help          show this and end\n"
	"  --version       show the version and end\n";

enum { CONNECT = 1, STATE, CONFIG, IMAGE_FILE, ATTACH, HELP, VERSION };

static const struct option flags[] = {
	{ "connect", required_argument, NULL, CONNECT },
	{ "state", required_argument, NULL, STATE },
	{ "config", required_argument, NULL, CONFIG },
	{ "file", required_argument, NULL, IMAGE_FILE },
	{ "attach", required_argument, NULL, ATTACH },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ NULL, 0, NULL, 0 },
};

static int misused(struct vouch_failure *f, const char *why)
{
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read the command line");
	vouch_fail_why(f, "%s", why);
	return vouch_fail_next(f, "see vouch-targetd --help");
}

static int read_flags(int argc, char **argv, struct vouch_options *options,
		      const char **config, struct vouch_failure *f)
{
	int flag;

	while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
		switch (flag) {
		case CONNECT:
			options->connect = optarg;
			break;
		case STATE:
			options->state = optarg;
			break;
		case CONFIG:
			*config = optarg;
			break;
		case IMAGE_FILE:
			options->file = optarg;
			break;
		case ATTACH:
			options->attach = optarg;
			break;
		case HELP:
			fputs(usage, stdout);
			return 1;
		case VERSION:
			puts("vouch-targetd " VOUCH_VERSION);
			return 1;
		default:
			return misused(f, "an option is unknown or lacks its "
					  "argument");
		}
	}
	if (optind < argc)
		return misused(f, "it takes options only");
	if (options->attach && !options->file)
		return misused(f, "--attach goes with --file");
	return 0;
}

/* The object stays: its texts are the options. */
static int read_config(const char *path, bool must, struct vouch_options *out,
		       struct vouch_failure *f)
{
	const char *connect = NULL, *state = NULL;
	json_t *json, *boot = NULL;
	json_error_t error;

	if (!must && access(path, F_OK))
		return 0;
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read the configuration %s",
		   path);
	vouch_fail_next(f, "write {\"connect\": \"URI\", \"state\": "
			   "\"/directory\", \"boot\": [...]}");
	json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		return vouch_fail_why(f, "line %d: %s", error.line, error.text);
	if (json_unpack_ex(json, &error, JSON_STRICT, "{s?s, s?s, s?o}",
			   "connect", &connect, "state", &state, "boot", &boot))
		return vouch_fail_why(f, "%s", error.text);
	if (!out->connect)
		out->connect = connect;
	if (!out->state)
		out->state = state;
	out->boot = boot;
	return boot ? vouch_boot_list_check(boot, f) : 0;
}

int vouch_options_read(int argc, char **argv, struct vouch_options *options,
		       struct vouch_failure *f)
{
	const char *config = NULL, *why;
	int err;

	memset(options, 0, sizeof(*options));
	err = read_flags(argc, argv, options, &config, f);
	if (!err)
		err = read_config(config ? config : DEFAULT_CONFIG, config,
				  options, f);
	if (err)
		return err;
	if (!options->connect)
		options->connect = DEFAULT_CONNECT;
	if (!options->state)
		options->state = DEFAULT_STATE;
	err = vouch_endpoint_parse(options->connect, &options->endpoint, &why);
	if (!err)
		return 0;
	vouch_fail(f, err, VOUCH_EXIT_USAGE, "use the endpoint %s",
		   options->connect);
	vouch_fail_why(f, "%s", why);
	return vouch_fail_next(f, "name vouchd as vsock://2:7002 or "
				  "unix:/path");
}
