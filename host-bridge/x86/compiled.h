/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether machine code is what the JIT makes of given instructions. */
#ifndef VOUCH_X86_COMPILED_H
#define VOUCH_X86_COMPILED_H

#include "../check_compiled.h"

/**
 * vouch_x86_compiled_length() - how much of the code is these instructions?
 * @e: what is in an access's place
 * @code: where they should be
 * @len: bytes from there to the end of the function
 *
 * Return: bytes, which may be 0, or -EINVAL if something else is there.
 */
int vouch_x86_compiled_length(const struct vouch_expansion *e, const u8 *code,
			      u32 len);

#endif /* VOUCH_X86_COMPILED_H */
