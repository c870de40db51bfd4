/* SPDX-License-Identifier: GPL-2.0-only */
/* The text that goes with a refusal, for user space and the kernel log. */
#ifndef VOUCH_REASON_H
#define VOUCH_REASON_H

#include <linux/compiler.h>

#include "vouch_target_abi.h"

struct vouch_reason {
	char text[VOUCH_TARGET_REASON_LEN];
};

/**
 * vouch_refuse() - write down why something is refused.
 * @why: filled; cut if the text is too long
 * @err: negative errno
 * @fmt: one line: what was tried, on what, why it failed, what to do next
 *
 * Return: @err.
 */
__printf(3, 4) int vouch_refuse(struct vouch_reason *why, int err,
				const char *fmt, ...);

#endif /* VOUCH_REASON_H */
