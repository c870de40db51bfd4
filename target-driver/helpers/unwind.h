/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks over stacks, as perf's; unwind_x86.c and unwind_arm64.c do it. */
#ifndef VOUCH_UNWIND_H
#define VOUCH_UNWIND_H

#include <linux/types.h>

struct pt_regs;

/* What perf takes at most, unless a system is told otherwise. */
#define VOUCH_UNWIND_MAX 127u

/* Return addresses that a walk finds. */
struct vouch_unwind {
	u64 *ips;
	u32 room; /* addresses that fit @ips */
	u32 skip; /* that are passed over first */
	u32 n; /* found, those passed over included */
};

/**
 * vouch_unwind() - walk over a stack of the current task.
 * @regs: where it is; in the kernel, or in user space
 * @user: its stack in user space, not the kernel's
 * @w: filled
 *
 * Runs with preemption off, also in an NMI. A stack that is not there, as the
 * kernel's of a task that is in user space, has no addresses. Of a process of
 * 32 bits only the place where it is comes out.
 */
void vouch_unwind(const struct pt_regs *regs, bool user,
		  struct vouch_unwind *w);

#endif /* VOUCH_UNWIND_H */
