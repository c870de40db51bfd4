// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test-runs of raw tracepoints, with the meaning of bpf_prog_test_run_raw_tp()
 * of net/bpf/test_run.c: the context is up to twelve arguments, and nothing
 * comes back but what the program returns.
 */

#include <linux/bpf.h>
#include <linux/rcupdate.h>

#include "testrun/kind.h"

#define MAX_ARGS 12

static int run(struct vouch_testrun *r)
{
	u64 args[MAX_ARGS] = {};
	int err;

	if (!vouch_testrun_is_plain(r) || r->t->ctx_size_in > sizeof(args))
		return -EINVAL;
	err = vouch_testrun_read_ctx(r, args, sizeof(args));
	if (err)
		return err;
	preempt_disable();
	rcu_read_lock();
	r->t->retval = r->entry(args, NULL);
	rcu_read_unlock();
	preempt_enable();
	return 0;
}

static bool takes(u32 type)
{
	return type == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

const struct vouch_testrun_kind vouch_testrun_args = {
	.takes = takes,
	.run = run,
};
