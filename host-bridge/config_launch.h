/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration of VMs that vouchd starts; config.c alone uses this. */
#ifndef VOUCH_CONFIG_LAUNCH_H
#define VOUCH_CONFIG_LAUNCH_H

#include "config.h"
#include "member.h"

/**
 * vouch_config_launch() - read the member "launch" of a VM.
 * @r: where complaints go
 * @obj: the member
 * @launch: filled; its texts are @obj's
 *
 * Return: 0, or -EINVAL with a complaint.
 */
int vouch_config_launch(const struct vouch_reader *r, json_t *obj,
			struct vouch_launch_config *launch);

#endif /* VOUCH_CONFIG_LAUNCH_H */
