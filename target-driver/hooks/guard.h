/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Against programs that run inside of one another.
 *
 * On a CPU where a program runs from a kprobe, a tracepoint's record or a
 * perf event, no other of these runs: what it calls may be probed too. The
 * kernel counts in bpf_prog_active, which one without BPF has not.
 */
#ifndef VOUCH_GUARD_H
#define VOUCH_GUARD_H

#include <linux/rcupdate.h>

#include "hooks/kind.h"

DECLARE_PER_CPU(int, vouch_guard_active);

/**
 * vouch_guard_enter() - start to run a program, unless one runs here.
 *
 * Called with preemption disabled, also in an NMI. vouch_guard_leave() follows,
 * whatever it says.
 *
 * Return: whether the program may run.
 */
static __always_inline bool vouch_guard_enter(void)
{
	return likely(this_cpu_inc_return(vouch_guard_active) == 1);
}

/** vouch_guard_leave() - the program has run, or was passed over. */
static __always_inline void vouch_guard_leave(void)
{
	this_cpu_dec(vouch_guard_active);
}

/**
 * vouch_guard_run() - run an attachment's program, unless one runs here.
 * @a: the attachment
 * @ctx: what the program gets
 *
 * Called with preemption disabled, also in an NMI; as trace_call_bpf().
 */
static __always_inline void vouch_guard_run(const struct vouch_attachment *a,
					    const void *ctx)
{
	const struct vouch_runner *r;

	if (vouch_guard_enter()) {
		rcu_read_lock();
		r = rcu_dereference(a->runner);
		/* There is none where a probe is stuck. */
		if (likely(r))
			vouch_runner_run(r, ctx);
		rcu_read_unlock();
	}
	vouch_guard_leave();
}

/**
 * vouch_guard_run_own() - run an attachment's program, unless it runs here.
 * @a: the attachment
 * @ctx: what the program gets
 *
 * Called with preemption disabled, also in an NMI; as bpf_trace_run1() and
 * its like: other programs may run inside of this one.
 */
static __always_inline void
vouch_guard_run_own(const struct vouch_attachment *a, const void *ctx)
{
	const struct vouch_runner *r;

	rcu_read_lock();
	r = rcu_dereference(a->runner);
	if (likely(this_cpu_inc_return(r->cpus->active) == 1))
		vouch_runner_run(r, ctx);
	this_cpu_dec(r->cpus->active);
	rcu_read_unlock();
}

#endif /* VOUCH_GUARD_H */
