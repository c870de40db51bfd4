/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of what is attached when vouch-targetd starts. */
#ifndef VOUCH_AGENT_BOOT_LIST_H
#define VOUCH_AGENT_BOOT_LIST_H

#include <jansson.h>

#include "failure.h"

/**
 * vouch_boot_list_check() - is that a list of what to do?
 * @boot: "boot" of the configuration: a list of {"slot": "NAME", "attach":
 *	[{"program": "NAME", "hook": "xdp:eth0"}]}, both lists of at most 64;
 *	without "program" the only one of the image is meant, or for the hook
 *	"section" each
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_boot_list_check(const json_t *boot, struct vouch_failure *f);

#endif /* VOUCH_AGENT_BOOT_LIST_H */
