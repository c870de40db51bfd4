// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks; the meaning is that of kernel/bpf/stackmap.c.
 *
 * vouch_bpf_get_stackid*:  r1 context, r2 map, r3 flags
 * vouch_bpf_get_stack*:    r1 context, r2 buffer, r3 bytes, r4 flags
 */

#include <linux/bpf.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/string.h>

#include "helpers/buffers.h"
#include "helpers/export.h"
#include "helpers/unwind.h"
#include "maps/stacks.h"

#define ID_FLAGS                                                           \
	(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | \
	 BPF_F_REUSE_STACKID)

static vouch_untraced long walk_and_find(const struct pt_regs *regs,
					 struct vouch_map *map, u64 flags,
					 struct vouch_unwind *w)
{
	vouch_unwind(regs, flags & BPF_F_USER_STACK, w);
	if (w->n <= w->skip)
		return -EFAULT;
	return vouch_stacks_id(map, w->ips, w->n - w->skip, flags);
}

static vouch_untraced long get_stackid(const struct pt_regs *regs, u64 r2,
				       u64 flags)
{
	struct vouch_map *map =
		((struct vouch_map_block *)(unsigned long)r2)->map;
	struct vouch_unwind w = {
		.room = map->def.value_size / sizeof(u64),
		.skip = flags & BPF_F_SKIP_FIELD_MASK,
	};
	struct vouch_buffer *b;
	long ret = -EFAULT;

	if (unlikely(flags & ~(u64)ID_FLAGS))
		return -EINVAL;
	b = vouch_buffer_get();
	if (likely(b)) {
		w.ips = b->ips;
		ret = walk_and_find(regs, map, flags, &w);
	}
	vouch_buffer_put(b);
	return ret;
}

static vouch_untraced long get_stack(const struct pt_regs *regs, u64 r2,
				     u32 size, u64 flags)
{
	void *to = (void *)(unsigned long)r2;
	struct vouch_unwind w = {
		.ips = to,
		.room = size / sizeof(u64),
		.skip = flags & BPF_F_SKIP_FIELD_MASK,
	};
	u32 len = 0;
	long err = 0;

	if (unlikely(flags & ~(u64)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK) ||
		     size % sizeof(u64))) {
		err = -EINVAL;
	} else {
		preempt_disable();
		vouch_unwind(regs, flags & BPF_F_USER_STACK, &w);
		preempt_enable();
		if (w.n < w.skip)
			err = -EFAULT;
		else
			len = (w.n - w.skip) * sizeof(u64);
	}
	memset(to + len, 0, size - len);
	return err ? err : len;
}

/* ---- of a probe: the context is the registers --------------------------- */

VOUCH_HELPER(get_stackid)
{
	return get_stackid((struct pt_regs *)(unsigned long)r1, r2, r3);
}

VOUCH_HELPER(get_stack)
{
	return get_stack((struct pt_regs *)(unsigned long)r1, r2, r3, r4);
}

/* ---- of a record: they stand in its first eight bytes ------------------- */

VOUCH_HELPER(get_stackid_tp)
{
	return get_stackid(*(struct pt_regs **)(unsigned long)r1, r2, r3);
}

VOUCH_HELPER(get_stack_tp)
{
	return get_stack(*(struct pt_regs **)(unsigned long)r1, r2, r3, r4);
}

/* ---- of a raw tracepoint: there are none, so they are made up ------------ */

#ifdef CONFIG_PERF_EVENTS
VOUCH_HELPER(get_stackid_raw_tp)
{
	struct pt_regs regs = {};

	perf_fetch_caller_regs(&regs);
	return get_stackid(&regs, r2, r3);
}

VOUCH_HELPER(get_stack_raw_tp)
{
	struct pt_regs regs = {};

	perf_fetch_caller_regs(&regs);
	return get_stack(&regs, r2, r3, r4);
}
#endif
