/* SPDX-License-Identifier: BSD-2-Clause */
/* What a function's code refers to, against what its capture declares. */
#ifndef VOUCH_CHECK_REFS_H
#define VOUCH_CHECK_REFS_H

#include "arch.h"
#include "check.h"
#include "check_constants.h"
#include "object.h"

/* What the functions of one capture are held against. */
struct vouch_refs_context {
	const struct vouch_arch *arch;
	const struct vouch_capture_view *cap;
	const struct vouch_profile *profile;
	const struct vouch_object *object;
	const struct vouch_checked *chk; /* map layout */
	const struct vouch_capture_prog_view *prog;
	const struct vouch_constants *constants; /* of its accesses */
};

/**
 * vouch_refs_check() - explain every reference and immediate of a function.
 * @ctx: whose function it is
 * @index: of the function
 * @code: its code, of the right shape
 * @out: filled on success; the caller frees @out->fixups
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_refs_check(const struct vouch_refs_context *ctx, u32 index,
		     const struct vouch_code *code,
		     struct vouch_checked_func *out, struct vouch_refusal *why);

#endif /* VOUCH_CHECK_REFS_H */
