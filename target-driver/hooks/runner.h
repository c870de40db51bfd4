/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs at a hook: a program of an image, counted per CPU.
 *
 * It holds a reference on its image, so the code stays as long as it is.
 */
#ifndef VOUCH_RUNNER_H
#define VOUCH_RUNNER_H

#include <linux/percpu.h>

#include "loaded.h"

/* What happens on one CPU. */
struct vouch_runner_cpu {
	u64 runs;
	int active; /* runs that have not ended */
};

struct vouch_runner {
	struct vouch_loaded *image;
	u32 index; /* of the program */
	vouch_entry_fn entry;
	struct vouch_runner_cpu __percpu *cpus;
};

/**
 * vouch_runner_new() - make a program ready to run.
 * @l: the image, which the caller holds; the runner takes a reference
 * @index: of the program
 *
 * Return: the runner, for vouch_runner_free(); NULL when out of memory.
 */
struct vouch_runner *vouch_runner_new(struct vouch_loaded *l, u32 index);

/**
 * vouch_runner_free() - free a runner that nobody runs any more.
 * @r: the runner, or NULL; its runs are added to its image's
 */
void vouch_runner_free(struct vouch_runner *r);

/**
 * vouch_runner_count() - how often it ran.
 * @r: the runner
 */
u64 vouch_runner_count(const struct vouch_runner *r);

/**
 * vouch_runner_prog() - the program that it runs.
 * @r: the runner
 */
static inline const struct vouch_req_prog *
vouch_runner_prog(const struct vouch_runner *r)
{
	return &r->image->req.progs[r->index];
}

/**
 * vouch_runner_run() - run the program once.
 * @r: the runner; the hook keeps it until its runs have ended
 * @ctx: what the program gets
 *
 * Return: what the program returns.
 */
static __always_inline u32 vouch_runner_run(const struct vouch_runner *r,
					    const void *ctx)
{
	this_cpu_inc(r->cpus->runs);
	return r->entry(ctx, NULL);
}

#endif /* VOUCH_RUNNER_H */
