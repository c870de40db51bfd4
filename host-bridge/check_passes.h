/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two loads of one object, the second with replacements: the second must be
 * the first but for these.
 */
#ifndef VOUCH_CHECK_PASSES_H
#define VOUCH_CHECK_PASSES_H

#include "access.h"
#include "retarget.h"

/* An access in both passes, and what is in its place. */
struct vouch_pass_item {
	u32 insn;
	u32 base; /* enum vouch_base */
	struct vouch_expansion first, second;
	bool differs;
};

/* One program in both passes. */
struct vouch_pass {
	const struct vouch_capture_prog_view *first, *second;
	const struct vouch_pass_item *items; /* ascending */
	u32 n_items;
};

/**
 * vouch_check_passes() - hold a second capture against the first.
 * @first: capture of the load without replacements
 * @second: capture of the load with them
 * @retargeted: the replacements that the second load was made with
 * @why: filled on refusal
 *
 * All that a capture states must be the same, but for instructions in the
 * place of listed accesses, and but for the machine code of these.
 *
 * Return: 0, -EPERM with @why, -ENOMEM, or -EIO if hashing fails.
 */
int vouch_check_passes(const struct vouch_capture_view *first,
		       const struct vouch_capture_view *second,
		       const struct vouch_retargeting *retargeted,
		       struct vouch_refusal *why);

/**
 * vouch_check_pass_insns() - compare a program's instructions in both passes.
 * @pass: the program
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_check_pass_insns(const struct vouch_pass *pass,
			   struct vouch_refusal *why);

/**
 * vouch_pass_missed() - refuse a pass that lacks a replacement.
 * @pass: the program
 * @item: what is not in its machine code
 * @why: filled
 *
 * Return: -EPERM, for the caller to return.
 */
int vouch_pass_missed(const struct vouch_pass *pass, u32 item,
		      struct vouch_refusal *why);

#endif /* VOUCH_CHECK_PASSES_H */
