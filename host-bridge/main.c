// SPDX-License-Identifier: BSD-2-Clause
/* vouchd: the init ladder of the host bridge. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "log.h"
#include "setup.h"

static const char usage[] =
	"usage: vouchd [--config FILE] [--log-level LEVEL] [--check-config]\n"
	"\n"
	"Takes eBPF objects, has them verified in a verifier VM, links and\n"
	"signs what was accepted, and delivers it to targets.\n"
	"\n"
	"  -c, --config FILE      configuration; else VOUCHD_CONFIG, else\n"
	"                         ~/.config/vouch/vouchd.json, else\n"
	"                         /etc/vouch/vouchd.json\n"
	"  -l, --log-level LEVEL  error, warning, notice, info or debug; else\n"
	"                         VOUCHD_LOG_LEVEL, else \"log_level\" of the\n"
	"                         configuration, else info\n"
	"  -n, --check-config     read configuration and profiles, and end\n"
	"  -h, --help             this text\n"
	"  -V, --version          the version\n"
	"\n"
	"Ends at SIGTERM or SIGINT; VMs that it started end with it.\n";

static int parse(int argc, char **argv, struct vouch_setup_flags *flags)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "check-config", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:l:nhV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			flags->config = optarg;
			break;
		case 'l':
			flags->log_level = optarg;
			break;
		case 'n':
			flags->check = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return VOUCH_EXIT_OK;
		case 'V':
			puts("vouchd " VOUCH_VERSION);
			return VOUCH_EXIT_OK;
		default:
			fputs(usage, stderr);
			return VOUCH_EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage, stderr);
	return VOUCH_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	/* Static, so that a leak checker finds what is still in use. */
	static struct vouch_daemon daemon;
	struct vouch_setup_flags flags = {};
	int ret = parse(argc, argv, &flags);

	if (ret >= 0)
		return ret;
	ret = vouch_setup_config(&daemon, &flags);
	if (!ret && !flags.check)
		ret = vouch_setup_state(&daemon);
	if (!ret && !flags.check)
		ret = vouch_setup_processes(&daemon);
	if (!ret && !flags.check)
		ret = vouch_setup_service(&daemon);
	if (!ret && !flags.check)
		ret = vouch_setup_serve(&daemon);
	vouch_setup_end(&daemon);
	return ret;
}
