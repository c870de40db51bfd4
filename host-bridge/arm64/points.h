/* SPDX-License-Identifier: BSD-2-Clause */
/* What is to be explained in the code of an arm64 function. */
#ifndef VOUCH_ARM64_POINTS_H
#define VOUCH_ARM64_POINTS_H

#include "../check_code.h"

/**
 * vouch_arm64_read_code() - hold a function against the one shape, and find
 *what is left to be explained.
 * @disasm: a disassembler, the second witness of each instruction
 * @place: the function
 * @out: filled on success; release with vouch_code_release()
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_arm64_read_code(struct vouch_disasm *disasm,
			  const struct vouch_code_place *place,
			  struct vouch_code *out, struct vouch_refusal *why);

#endif /* VOUCH_ARM64_POINTS_H */
