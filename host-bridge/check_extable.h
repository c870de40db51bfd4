/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads that may fault, against the exception table of their capture. */
#ifndef VOUCH_CHECK_EXTABLE_H
#define VOUCH_CHECK_EXTABLE_H

#include "check_refs.h"

/**
 * vouch_extable_check() - hold a function's exception table against its code.
 * @ctx: whose function it is
 * @index: of the function
 * @code: its code, of the right shape
 * @out: .loads is filled on success; the caller frees it
 * @why: filled on refusal
 *
 * Each load behind a check of its address has exactly one entry, no other
 * instruction has one, and the address is checked against the end of user
 * space in the verifier VM.
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_extable_check(const struct vouch_refs_context *ctx, u32 index,
			const struct vouch_code *code,
			struct vouch_checked_func *out,
			struct vouch_refusal *why);

#endif /* VOUCH_CHECK_EXTABLE_H */
