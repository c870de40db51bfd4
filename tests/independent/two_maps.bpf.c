// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The maps of the captures that independent_test.py makes. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char start[8192] = "start";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

SEC("xdp")
int xdp_test(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&table, &key) ? start[4] : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
