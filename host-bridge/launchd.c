// SPDX-License-Identifier: BSD-2-Clause
/* vouch-launchd: the launch process as a service of its own. */

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../common/failure.h"
#include "config.h"
#include "fault.h"
#include "launch.h"
#include "listen_fd.h"
#include "log.h"

static const char usage_text[] =
	"usage: vouch-launchd --config FILE --logs DIR --peer USER\n"
	"                     [--log-level LEVEL]\n"
	"\n"
	"Starts and ends VMs for vouchd, which connects to the socket that is\n"
	"handed over at the start (by systemd, or by systemd-socket-activate).\n"
	"\n"
	"  --config FILE      vouchd's configuration: the VMs that may be started\n"
	"  --logs DIR         where QEMU's own messages go\n"
	"  --peer USER        the user that vouchd runs as; no other may connect\n"
	"  --log-level LEVEL  error, warning, notice, info (the default) or debug\n"
	"  --help, --version\n";

enum { OPT_CONFIG = 256, OPT_LOGS, OPT_PEER, OPT_LEVEL };

struct arguments {
	const char *config, *logs, *peer;
	uid_t user;
};

static int usage(const char *why)
{
	fprintf(stderr, "vouch-launchd: %s\n%s", why, usage_text);
	return VOUCH_EXIT_USAGE;
}

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "logs", required_argument, NULL, OPT_LOGS },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "log-level", required_argument, NULL, OPT_LEVEL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* Returns NULL, or what is wrong. */
static const char *take(struct arguments *args, int opt)
{
	int level;

	switch (opt) {
	case OPT_CONFIG:
		args->config = optarg;
		return NULL;
	case OPT_LOGS:
		args->logs = optarg;
		return NULL;
	case OPT_PEER:
		args->peer = optarg;
		return vouch_listen_fd_user(optarg, &args->user)
			       ? "--peer is no user of this host"
			       : NULL;
	case OPT_LEVEL:
		level = vouch_log_level(optarg);
		vouch_log_init("vouch-launchd", level);
		return level < 0 ? "--log-level is none" : NULL;
	default:
		return "unknown option";
	}
}

/* Returns -1 to go on, or the exit code. */
static int read_options(int argc, char **argv, struct arguments *args)
{
	const char *why = NULL;
	int opt;

	while (!why &&
	       (opt = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		if (opt == 'h' || opt == 'V') {
			fputs(opt == 'h' ? usage_text
					 : "vouch-launchd " VOUCH_VERSION "\n",
			      stdout);
			return VOUCH_EXIT_OK;
		}
		why = take(args, opt);
	}
	if (!why &&
	    (optind != argc || !args->config || !args->logs || !args->peer))
		why = "it needs --config, --logs and --peer";
	return why ? usage(why) : -1;
}

/* VMs end with the connection that they were started over. */
static int serve(int fd, void *config)
{
	return vouch_launch_run(fd, config);
}

int main(int argc, char **argv)
{
	static struct vouch_config config;
	struct arguments args = {};
	char why[512];
	const char *socket_why;
	int fd, ret;

	vouch_log_init("vouch-launchd", LOG_INFO);
	ret = read_options(argc, argv, &args);
	if (ret >= 0)
		return ret;
	fd = vouch_listen_fd_take(&socket_why);
	if (fd < 0) {
		vouch_error("cannot start: %s", socket_why);
		return VOUCH_EXIT_USAGE;
	}
	if (vouch_config_load(args.config, &config, why, sizeof(why))) {
		vouch_error("configuration %s: %s", args.config, why);
		return VOUCH_EXIT_USAGE;
	}
	vouch_fault_duty("launch");
	/* All that this process uses of it; the rest is vouchd's. */
	config.state_dir = args.logs;
	config.user = NULL;
	ret = vouch_listen_fd_serve(fd, args.user, serve, &config);
	vouch_config_release(&config);
	return ret;
}
