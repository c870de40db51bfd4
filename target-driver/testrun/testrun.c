// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "offer.h"
#include "testrun/kind.h"

#define MAX_REPEAT 1000000u

static const struct vouch_testrun_kind *const kinds[] = {
#define KIND(name) &vouch_testrun_##name,
	VOUCH_TESTRUNS(KIND)
};

int vouch_testrun_read_ctx(const struct vouch_testrun *r, void *ctx, u32 size)
{
	const void __user *user = u64_to_user_ptr(r->t->ctx_in);
	const u32 given = r->t->ctx_size_in;
	int zero;

	if (!r->t->ctx_in)
		return 0;
	if (given > max_t(u32, size, PAGE_SIZE))
		return -E2BIG;
	if (given > size) {
		zero = check_zeroed_user(user + size, given - size);
		if (zero <= 0)
			return zero ?: -E2BIG;
	}
	return copy_from_user(ctx, user, min(given, size)) ? -EFAULT : 0;
}

int vouch_testrun_write_ctx(const struct vouch_testrun *r, const void *ctx,
			    u32 size)
{
	const u32 room = r->t->ctx_size_out;

	if (!r->t->ctx_out)
		return 0;
	if (copy_to_user(u64_to_user_ptr(r->t->ctx_out), ctx, min(room, size)))
		return -EFAULT;
	r->t->ctx_size_out = size;
	return room < size ? -ENOSPC : 0;
}

int vouch_testrun_write_data(const struct vouch_testrun *r, const void *data,
			     u32 size)
{
	const u32 room = r->t->data_size_out ?: size;

	r->t->data_size_out = size;
	if (r->t->data_out && copy_to_user(u64_to_user_ptr(r->t->data_out),
					   data, min(room, size)))
		return -EFAULT;
	return room < size ? -ENOSPC : 0;
}

/*
 * As bpf_test_timer_enter() of net/bpf/test_run.c: under RCU and on one CPU,
 * with softirqs. What a program sends has gone when its helper returns.
 */
static void enter(u64 *start) __acquires(RCU)
{
	rcu_read_lock();
	migrate_disable();
	*start = ktime_get_ns();
}

static void leave(u64 *spent, u64 start) __releases(RCU)
{
	*spent += ktime_get_ns() - start;
	migrate_enable();
	rcu_read_unlock();
}

int vouch_testrun_repeat(const struct vouch_testrun *r, const void *ctx)
{
	const u32 repeat = max(r->t->repeat, 1u);
	u64 start, spent = 0;
	int err = 0;
	u32 i = 0;

	enter(&start);
	for (;;) {
		r->t->retval = r->entry(ctx, NULL);
		if (++i >= repeat)
			break;
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		if (need_resched()) {
			leave(&spent, start);
			cond_resched();
			enter(&start);
		}
	}
	leave(&spent, start);
	r->t->duration = min_t(u64, div_u64(spent, i), U32_MAX);
	return err;
}

/* As bpf_prog_test_run(): a context has a size, and a size a context. */
static bool is_whole(const struct vouch_target_test_run *t)
{
	return !t->ctx_in == !t->ctx_size_in &&
	       !t->ctx_out == !t->ctx_size_out && t->repeat <= MAX_REPEAT;
}

static const struct vouch_testrun_kind *find_kind(u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i]->takes(type))
			return kinds[i];
	return NULL;
}

int vouch_testrun(struct vouch_loaded *l, u32 prog,
		  struct vouch_target_test_run *t, struct vouch_reason *why)
{
	const struct vouch_req_prog *p = &l->req.progs[prog];
	struct vouch_testrun r = {
		.t = t,
		.entry = vouch_loaded_entry(l, prog),
		.type = le32_to_cpu(p->type),
		.attach_type = le32_to_cpu(p->attach_type),
	};
	const struct vouch_testrun_kind *kind = find_kind(r.type);
	int err;

	if (!kind)
		return vouch_refuse(
			why, -EOPNOTSUPP,
			"program %s: programs of type %u cannot be test-run here",
			p->name, r.type);
	err = is_whole(t) ? kind->run(&r) : -EINVAL;
	if (err)
		vouch_refuse(
			why, err,
			"program %s: test-run failed (%d); check sizes, context and repeat (at most %u)",
			p->name, err, MAX_REPEAT);
	return err;
}
