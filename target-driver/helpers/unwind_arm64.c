// SPDX-License-Identifier: GPL-2.0-only
/* Every function of the kernel's keeps a frame pointer on arm64. */

#include <linux/compiler.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/pointer_auth.h>

#include "helpers/unwind.h"

/* A function's frame. */
struct frame {
	u64 next, lr;
};

/* False when no more are wanted. */
static vouch_untraced bool add(struct vouch_unwind *w, u64 ip)
{
	u32 max = min(w->room + w->skip, VOUCH_UNWIND_MAX);

	if (w->n >= max)
		return false;
	if (w->n >= w->skip)
		w->ips[w->n - w->skip] = ptrauth_strip_insn_pac(ip);
	w->n++;
	return true;
}

/*
 * Frames go one way only, but from the stack of an interrupt to the task's. The
 * last is that of the task's entry to the kernel.
 */
static vouch_untraced void walk_kernel(const struct pt_regs *regs,
				       struct vouch_unwind *w)
{
	const u64 stack = (unsigned long)task_stack_page(current);
	const u64 last = (unsigned long)task_pt_regs(current)->stackframe;
	u64 at = regs->regs[29];
	struct frame f;

	if (!add(w, regs->pc))
		return;
	while (at != last && !(at & 7)) {
		if (get_kernel_nofault(f, (struct frame *)(unsigned long)at) ||
		    !add(w, f.lr))
			return;
		if (f.next <= at &&
		    (at - stack < THREAD_SIZE || f.next - stack >= THREAD_SIZE))
			return;
		at = f.next;
	}
}

static vouch_untraced void walk_user(const struct pt_regs *regs,
				     struct vouch_unwind *w)
{
	u64 at = regs->regs[29];
	struct frame f;

	if (!add(w, regs->pc) || compat_user_mode(regs))
		return;
	while (at && !(at & 7)) {
		if (copy_from_user_nofault(&f, (void __user *)at, sizeof(f)) ||
		    !add(w, f.lr) || f.next <= at)
			return;
		at = f.next;
	}
}

vouch_untraced void vouch_unwind(const struct pt_regs *regs, bool user,
				 struct vouch_unwind *w)
{
	w->n = 0;
	if (!user) {
		if (!user_mode(regs))
			walk_kernel(regs, w);
		return;
	}
	if (!user_mode(regs))
		regs = current->mm ? task_pt_regs(current) : NULL;
	if (regs)
		walk_user(regs, w);
}
