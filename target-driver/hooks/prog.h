/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands for a program where the kernel wants a struct bpf_prog: one
 * whose bpf_func is a function of ours and whose instructions are nothing but
 * a pointer, for that function.
 */
#ifndef VOUCH_HOOK_PROG_H
#define VOUCH_HOOK_PROG_H

#include <linux/bpf.h>
#include <linux/filter.h>

#include "hooks/runner.h"

typedef unsigned int (*vouch_prog_fn)(const void *ctx,
				      const struct bpf_insn *insn);

/**
 * vouch_prog_new() - make one.
 * @p: the program that it stands for
 * @fn: what the kernel calls with a context, and instructions for
 *	vouch_prog_data()
 * @data: the pointer
 *
 * Return: it, for bpf_prog_free(); NULL when out of memory.
 */
struct bpf_prog *vouch_prog_new(const struct vouch_req_prog *p,
				vouch_prog_fn fn, const void *data);

/**
 * vouch_prog_data() - the pointer.
 * @insn: what the kernel calls with
 */
static __always_inline void *vouch_prog_data(const struct bpf_insn *insn)
{
	return *(void *const *)insn;
}

#endif /* VOUCH_HOOK_PROG_H */
