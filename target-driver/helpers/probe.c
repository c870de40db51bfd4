// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a program is attached; the meaning is that of
 * kernel/trace/bpf_trace.c. What a program is attached with has no cookie.
 */

#include <linux/kprobes.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include "helpers/export.h"
#include "hooks/kprobe.h"

#ifdef CONFIG_KPROBES
#ifdef CONFIG_X86
#include <asm/ibt.h>

/* A function that may be called by pointer starts with a mark for the CPU. */
static vouch_untraced unsigned long entry_of(unsigned long at)
{
	u32 insn;

	if (HAS_KERNEL_IBT &&
	    !get_kernel_nofault(insn, (u32 *)(at - ENDBR_INSN_SIZE)) &&
	    is_endbr(insn))
		at -= ENDBR_INSN_SIZE;
	return at;
}
#else
static vouch_untraced unsigned long entry_of(unsigned long at)
{
	return at;
}
#endif

VOUCH_HELPER(get_func_ip)
{
	const struct kprobe *kp = vouch_kprobe_running();

	if (!kp || !(kp->flags & KPROBE_FLAG_ON_FUNC_ENTRY))
		return 0;
	return entry_of((unsigned long)kp->addr);
}
#endif

/* of probes and records */
VOUCH_HELPER(get_attach_cookie_trace)
{
	return 0;
}

#ifdef CONFIG_PERF_EVENTS
VOUCH_HELPER(get_attach_cookie_pe)
{
	return 0;
}
#endif
