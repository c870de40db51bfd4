// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Maps written in each way that libbpf knows, and variables in each section
 * and of each type that can be set.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum direction { UP = 1, DOWN = -1 };
typedef const volatile long setting;

struct pair {
	__u32 first;
	__u64 second[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 7);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct pair);
	__type(value, struct pair[2]);
} typed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 24);
} sized SEC(".maps");

struct table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u32);
};
struct table one SEC(".maps"), two SEC(".maps");

setting least = -5;
const volatile enum direction way = UP;
const volatile char text[12] = "before";
const volatile _Bool flag;
volatile __u16 shown = 3;
static volatile __u16 hidden = 4, more = 5;
static volatile __u64 nothing;
__u32 counted SEC(".data.counters") = 6;
const volatile __u8 table_of_bytes[5] SEC(".rodata.bytes") = { 1, 2, 3 };

SEC("xdp")
int map_kinds(struct xdp_md *ctx)
{
	struct pair pair = {}, *found;
	__u32 key = 0, *n;

	pair.first = shown + hidden + more + nothing + counted;
	found = bpf_map_lookup_elem(&typed, &pair);
	if (found)
		nothing += found->second[2];
	n = bpf_map_lookup_elem(&sized, &key);
	if (n)
		*n += least + way + flag;
	n = bpf_map_lookup_elem(&one, &key);
	if (n)
		*n += text[3] + table_of_bytes[2];
	n = bpf_map_lookup_elem(&two, &key);
	if (n)
		hidden = *n;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
