// SPDX-License-Identifier: BSD-2-Clause
/* vouch-signd: the sign process as a service of its own. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/failure.h"
#include "fault.h"
#include "listen_fd.h"
#include "log.h"
#include "worker.h"

static const char usage_text[] =
	"usage: vouch-signd --key PEM --cert DER --epoch N --state DIR --peer USER\n"
	"                   [--log-level LEVEL]\n"
	"\n"
	"Signs images for vouchd, which connects to the socket that is handed\n"
	"over at the start (by systemd, or by systemd-socket-activate).\n"
	"\n"
	"  --key PEM          image key\n"
	"  --cert DER         its certificate\n"
	"  --epoch N          generation of the key, from 1\n"
	"  --state DIR        where the sequence is kept; nothing else lies there\n"
	"  --peer USER        the user that vouchd runs as; no other may connect\n"
	"  --log-level LEVEL  error, warning, notice, info (the default) or debug\n"
	"  --help, --version\n";

enum { OPT_KEY = 256, OPT_CERT, OPT_EPOCH, OPT_STATE, OPT_PEER, OPT_LEVEL };

static int usage(const char *why)
{
	fprintf(stderr, "vouch-signd: %s\n%s", why, usage_text);
	return VOUCH_EXIT_USAGE;
}

static bool read_epoch(const char *text, u32 *epoch)
{
	unsigned long n;
	char *end;

	if (*text < '1' || *text > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	*epoch = (u32)n;
	return !errno && !*end && n <= UINT32_MAX;
}

static const struct option options[] = {
	{ "key", required_argument, NULL, OPT_KEY },
	{ "cert", required_argument, NULL, OPT_CERT },
	{ "epoch", required_argument, NULL, OPT_EPOCH },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "log-level", required_argument, NULL, OPT_LEVEL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* Returns NULL, or what is wrong. */
static const char *take(struct vouch_signer_args *args, int opt, bool *peer)
{
	int level;

	switch (opt) {
	case OPT_KEY:
		args->key = optarg;
		return NULL;
	case OPT_CERT:
		args->cert = optarg;
		return NULL;
	case OPT_STATE:
		args->dir = optarg;
		return NULL;
	case OPT_EPOCH:
		return read_epoch(optarg, &args->epoch)
			       ? NULL
			       : "--epoch must be a number from 1";
	case OPT_PEER:
		*peer = !vouch_listen_fd_user(optarg, &args->peer);
		return *peer ? NULL : "--peer is no user of this host";
	case OPT_LEVEL:
		level = vouch_log_level(optarg);
		vouch_log_init("vouch-signd", level);
		return level < 0 ? "--log-level is none" : NULL;
	default:
		return "unknown option";
	}
}

/* Returns -1 to go on, or the exit code. */
static int read_options(int argc, char **argv, struct vouch_signer_args *args)
{
	const char *why = NULL;
	bool peer = false;
	int opt;

	while (!why &&
	       (opt = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		if (opt == 'h' || opt == 'V') {
			fputs(opt == 'h' ? usage_text
					 : "vouch-signd " VOUCH_VERSION "\n",
			      stdout);
			return VOUCH_EXIT_OK;
		}
		why = take(args, opt, &peer);
	}
	if (!why && (optind != argc || !args->key || !args->cert ||
		     !args->epoch || !args->dir || !peer))
		why = "it needs --key, --cert, --epoch, --state and --peer";
	return why ? usage(why) : -1;
}

int main(int argc, char **argv)
{
	struct vouch_signer_args args = { .listens = true };
	const char *why;
	int fd, ret;

	vouch_log_init("vouch-signd", LOG_INFO);
	ret = read_options(argc, argv, &args);
	if (ret >= 0)
		return ret;
	fd = vouch_listen_fd_take(&why);
	if (fd < 0) {
		vouch_error("cannot start: %s", why);
		return VOUCH_EXIT_USAGE;
	}
	vouch_fault_duty("sign");
	return vouch_signer_run(fd, &args);
}
