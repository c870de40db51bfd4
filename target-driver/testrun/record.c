// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test-runs of programs at probes and tracepoints, which BPF_PROG_TEST_RUN
 * does not know: they get a context that was recorded, run as at their hooks.
 */

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/trace_events.h>

#include "hooks/guard.h"
#include "testrun/kind.h"

static u32 run_once(const struct vouch_testrun *r, const void *ctx)
{
	u32 ret = 0;

	preempt_disable();
	if (vouch_guard_enter()) {
		rcu_read_lock();
		ret = r->entry(ctx, NULL);
		rcu_read_unlock();
	}
	vouch_guard_leave();
	preempt_enable();
	return ret;
}

/*
 * Whole registers: a program may read each of them, though not what some
 * kernels have behind them.
 */
static int run_regs(struct vouch_testrun *r)
{
	const u32 size = sizeof(bpf_user_pt_regs_t);
	struct pt_regs regs = {};
	int err;

	if (!vouch_testrun_is_plain(r) || r->t->ctx_size_in != size)
		return -EINVAL;
	err = vouch_testrun_read_ctx(r, &regs, size);
	if (!err)
		r->t->retval = run_once(r, &regs);
	return err;
}

static bool takes_regs(u32 type)
{
	return type == BPF_PROG_TYPE_KPROBE;
}

const struct vouch_testrun_kind vouch_testrun_regs = {
	.takes = takes_regs,
	.run = run_regs,
};

#ifdef CONFIG_PERF_EVENTS
/*
 * A record, in a buffer as large as perf's: a program may read as far. Its
 * first eight bytes are not the caller's but, as at the hook, a pointer to
 * registers, here to none that ran anything.
 */
static int run_record(struct vouch_testrun *r)
{
	struct pt_regs regs = {};
	struct pt_regs **record;
	int err;

	if (!vouch_testrun_is_plain(r) || r->t->ctx_size_in < sizeof(*record) ||
	    r->t->ctx_size_in > PERF_MAX_TRACE_SIZE)
		return -EINVAL;
	record = kzalloc(PERF_MAX_TRACE_SIZE, GFP_KERNEL);
	if (!record)
		return -ENOMEM;
	err = vouch_testrun_read_ctx(r, record, PERF_MAX_TRACE_SIZE);
	if (!err) {
		*record = &regs;
		r->t->retval = run_once(r, record);
	}
	kfree(record);
	return err;
}

static bool takes_record(u32 type)
{
	return type == BPF_PROG_TYPE_TRACEPOINT;
}

const struct vouch_testrun_kind vouch_testrun_record = {
	.takes = takes_record,
	.run = run_record,
};
#endif
