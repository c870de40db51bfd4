// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Maps of which the object leaves type and sizes to its user space: keys of 8
 * bytes and values of 16, and a queue of numbers.
 */

#include "note.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 3);
	__type(value, __u32);
} kind SEC(".maps");

SEC("xdp")
int left_open(struct xdp_md *ctx)
{
	__u64 key = 7, value[2] = { 8, 9 }, *found;
	__u32 i, v;

	note(bpf_map_update_elem(&sizes, &key, value, BPF_ANY));
	found = bpf_map_lookup_elem(&sizes, &key);
	note(found ? found[0] + found[1] : -1ull);
	for (i = 0; i < 5; i++) {
		v = i;
		note(bpf_map_push_elem(&kind, &v, BPF_ANY));
	}
	note(bpf_map_pop_elem(&kind, &v) << 32 | v);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
