/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VOUCH_CORPUS_MAP_H
#define VOUCH_CORPUS_MAP_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* A map of @n values of 64 bits under keys of 32. */
#define MAP(name, kind, n)                         \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_##kind); \
		__uint(max_entries, n);            \
		__type(key, __u32);                \
		__type(value, __u64);              \
	} name SEC(".maps")

#endif /* VOUCH_CORPUS_MAP_H */
