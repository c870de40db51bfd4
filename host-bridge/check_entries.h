/* SPDX-License-Identifier: BSD-2-Clause */
/* Prog arrays, and the programs that are in them. */
#ifndef VOUCH_CHECK_ENTRIES_H
#define VOUCH_CHECK_ENTRIES_H

#include "check.h"

/**
 * vouch_entries_check() - may programs call one another by a prog array?
 * @cap: the capture
 * @map: index of a map
 * @out: .owners of it is set, to 0 unless it is a prog array
 * @why: filled on refusal
 *
 * All programs that use an array and all that are in it must be of one type,
 * as in the kernel, since they get one another's context.
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_entries_check(const struct vouch_capture_view *cap, u32 map,
			struct vouch_checked *out, struct vouch_refusal *why);

#endif /* VOUCH_CHECK_ENTRIES_H */
