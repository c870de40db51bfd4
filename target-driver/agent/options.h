/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What vouch-targetd is told: flags, then its configuration file.
 */
#ifndef VOUCH_AGENT_OPTIONS_H
#define VOUCH_AGENT_OPTIONS_H

#include "endpoint.h"
#include "failure.h"

struct vouch_options {
	const char *connect; /* URI */
	struct vouch_endpoint endpoint;
	const char *state; /* directory */
	const json_t *boot; /* what to attach at start, or NULL; see boot.h */
	const char *file; /* image to deliver by hand, or NULL */
	const char *attach; /* with @file: hook, or NULL */
};

/**
 * vouch_options_read() - read flags and configuration.
 * @argc: of main()
 * @argv: of main()
 * @options: filled; its texts live as long as the process
 * @f: filled on error
 *
 * Return: 0, 1 when help or version was shown, or a negative errno.
 */
int vouch_options_read(int argc, char **argv, struct vouch_options *options,
		       struct vouch_failure *f);

#endif /* VOUCH_AGENT_OPTIONS_H */
