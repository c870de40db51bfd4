/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine code of two loads of one program. */
#ifndef VOUCH_ARM64_PASSES_H
#define VOUCH_ARM64_PASSES_H

#include "../check_passes.h"

/**
 * vouch_arm64_check_pass() - compare a program's machine code in both passes.
 * @pass: the program
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_arm64_check_pass(const struct vouch_pass *pass,
			   struct vouch_refusal *why);

#endif /* VOUCH_ARM64_PASSES_H */
