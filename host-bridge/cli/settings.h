/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where vouchd is: flag, then environment, then user file, then system file.
 */
#ifndef VOUCH_CLI_SETTINGS_H
#define VOUCH_CLI_SETTINGS_H

#include "../../common/endpoint.h"
#include "command.h"

struct vouch_settings {
	char uri[192];
	const char *origin; /* who named it, for messages */
	struct vouch_endpoint endpoint;
};

/**
 * vouch_settings_read() - find vouchd's endpoint.
 * @cli: the invocation
 * @settings: filled
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_settings_read(const struct vouch_cli *cli,
			struct vouch_settings *settings,
			struct vouch_failure *f);

#endif /* VOUCH_CLI_SETTINGS_H */
