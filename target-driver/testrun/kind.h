/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kinds of test-runs: one file each, by the context that programs get, and one
 * entry each in the table of testrun.c. Each has the meaning that
 * net/bpf/test_run.c gives it.
 */
#ifndef VOUCH_TESTRUN_KIND_H
#define VOUCH_TESTRUN_KIND_H

#include "testrun/testrun.h"

/* One test-run. */
struct vouch_testrun {
	struct vouch_target_test_run *t;
	vouch_entry_fn entry;
	u32 type; /* enum bpf_prog_type */
	u32 attach_type; /* enum bpf_attach_type */
};

/**
 * struct vouch_testrun_kind - a kind of test-runs.
 * @takes: whether it runs programs of that type (enum bpf_prog_type)
 * @run: run one; returns 0 or -errno
 */
struct vouch_testrun_kind {
	bool (*takes)(u32 type);
	int (*run)(struct vouch_testrun *r);
};

extern const struct vouch_testrun_kind vouch_testrun_xdp, vouch_testrun_skb,
	vouch_testrun_args, vouch_testrun_regs, vouch_testrun_record;

/**
 * vouch_testrun_has_ctx() - whether the caller gives or wants a context.
 * @r: the test-run
 */
static inline bool vouch_testrun_has_ctx(const struct vouch_testrun *r)
{
	return r->t->ctx_in || r->t->ctx_out;
}

/**
 * vouch_testrun_is_plain() - whether the request is for types that take a
 * context and nothing else.
 * @r: the test-run
 *
 * Return: false if there is a packet, or a context is to be given back, or the
 * program is to run several times.
 */
static inline bool vouch_testrun_is_plain(const struct vouch_testrun *r)
{
	const struct vouch_target_test_run *t = r->t;

	return !t->data_in && !t->data_size_in && !t->data_out &&
	       !t->data_size_out && !t->ctx_out && !t->repeat;
}

/**
 * vouch_testrun_read_ctx() - take the caller's context.
 * @r: the test-run
 * @ctx: filled from its start, as far as the caller's goes
 * @size: bytes of @ctx
 *
 * Return: 0; -EFAULT; -E2BIG if what lies behind @size is not zero.
 */
int vouch_testrun_read_ctx(const struct vouch_testrun *r, void *ctx, u32 size);

/**
 * vouch_testrun_write_ctx() - give the context back, if it is wanted.
 * @r: the test-run
 * @ctx: the context
 * @size: bytes of @ctx
 *
 * Return: 0; -EFAULT; -ENOSPC if only a part of it fits.
 */
int vouch_testrun_write_ctx(const struct vouch_testrun *r, const void *ctx,
			    u32 size);

/**
 * vouch_testrun_write_data() - give a packet back, if it is wanted.
 * @r: the test-run
 * @data: the packet
 * @size: bytes of @data
 *
 * Return: 0; -EFAULT; -ENOSPC if only a part of it fits.
 */
int vouch_testrun_write_data(const struct vouch_testrun *r, const void *data,
			     u32 size);

/**
 * vouch_testrun_repeat() - run the program as often as the caller says.
 * @r: the test-run, filled with what the last run returned and the mean time
 * @ctx: what the program gets
 *
 * Return: 0 or -EINTR.
 */
int vouch_testrun_repeat(const struct vouch_testrun *r, const void *ctx);

#endif /* VOUCH_TESTRUN_KIND_H */
