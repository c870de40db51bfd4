// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes down what each map operation returns, errors included, as the
 * program sees it: 64 bits of r0.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "map.h"

MAP(array, ARRAY, 3);
MAP(hash, HASH, 3);
MAP(percpu_array, PERCPU_ARRAY, 3);
MAP(percpu_hash, PERCPU_HASH, 3);
MAP(returned, ARRAY, 256);

static __always_inline void note(__u32 at, __u64 value)
{
	bpf_map_update_elem(&returned, &at, &value, BPF_ANY);
}

/* Each operation, in an order that meets every error of its kind. */
#define EXERCISE(map, base)                                                    \
	do {                                                                   \
		__u64 v = base;                                                \
		__u32 i, k;                                                    \
                                                                               \
		for (i = 0; i < 6; i++) {                                      \
			k = i;                                                 \
			note(base + i,                                         \
			     bpf_map_update_elem(&map, &k, &v, BPF_NOEXIST));  \
		}                                                              \
		k = 1;                                                         \
		note(base + 6,                                                 \
		     bpf_map_update_elem(&map, &k, &v, BPF_NOEXIST));          \
		note(base + 7, bpf_map_update_elem(&map, &k, &v, BPF_EXIST));  \
		note(base + 8, bpf_map_update_elem(&map, &k, &v, 77));         \
		note(base + 9, bpf_map_delete_elem(&map, &k));                 \
		note(base + 10, bpf_map_delete_elem(&map, &k));                \
		note(base + 11, bpf_map_update_elem(&map, &k, &v, BPF_EXIST)); \
		note(base + 12, bpf_map_update_elem(&map, &k, &v, BPF_ANY));   \
		k = 5000;                                                      \
		note(base + 13, !bpf_map_lookup_elem(&map, &k));               \
		note(base + 14, bpf_map_update_elem(&map, &k, &v, BPF_ANY));   \
		note(base + 15, bpf_map_delete_elem(&map, &k));                \
	} while (0)

SEC("xdp")
int map_errors(struct xdp_md *ctx)
{
	EXERCISE(array, 0);
	EXERCISE(hash, 32);
	EXERCISE(percpu_array, 64);
	EXERCISE(percpu_hash, 96);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
