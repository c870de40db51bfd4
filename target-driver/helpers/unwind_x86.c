// SPDX-License-Identifier: GPL-2.0-only

#include <linux/compiler.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/unwind.h>

#include "helpers/unwind.h"

/* A function's frame, where code keeps frame pointers. */
struct frame {
	u64 next, ip;
};

/* False when no more are wanted. */
static vouch_untraced bool add(struct vouch_unwind *w, u64 ip)
{
	u32 max = min(w->room + w->skip, VOUCH_UNWIND_MAX);

	if (w->n >= max)
		return false;
	if (w->n >= w->skip)
		w->ips[w->n - w->skip] = ip;
	w->n++;
	return true;
}

/* Registers of the hardware's making have a bit that made-up ones have not. */
static vouch_untraced void walk_kernel(struct pt_regs *regs,
				       struct vouch_unwind *w)
{
	struct unwind_state state;
	unsigned long ip;

	if (regs->flags & X86_EFLAGS_FIXED) {
		if (!add(w, regs->ip))
			return;
		unwind_start(&state, current, regs, NULL);
	} else {
		unwind_start(&state, current, NULL, (void *)regs->sp);
	}
	for (; !unwind_done(&state); unwind_next_frame(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip || !add(w, ip))
			return;
	}
}

static vouch_untraced void walk_user(const struct pt_regs *regs,
				     struct vouch_unwind *w)
{
	u64 at = regs->bp;
	struct frame f;

	if (regs->flags & X86_VM_MASK)
		return;
	add(w, regs->ip);
	if (!user_64bit_mode((struct pt_regs *)regs))
		return;
	do {
		if (copy_from_user_nofault(&f, (void __user *)at, sizeof(f)))
			return;
		at = f.next;
	} while (add(w, f.ip));
}

vouch_untraced void vouch_unwind(const struct pt_regs *regs, bool user,
				 struct vouch_unwind *w)
{
	w->n = 0;
	if (!user) {
		if (!user_mode((struct pt_regs *)regs))
			walk_kernel((struct pt_regs *)regs, w);
		return;
	}
	if (!user_mode((struct pt_regs *)regs))
		regs = current->mm ? task_pt_regs(current) : NULL;
	if (regs)
		walk_user(regs, w);
}
