// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Arms a timer: the code holds the address of the kernel's own record of it. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CLOCK_MONOTONIC 1

struct entry {
	struct bpf_timer timer;
	__u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct entry);
} timers SEC(".maps");

static int expired(void *map, __u32 *key, struct entry *e)
{
	e->fired++;
	return 0;
}

SEC("xdp")
int timer(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct entry *e = bpf_map_lookup_elem(&timers, &key);

	if (!e)
		return XDP_PASS;
	bpf_timer_init(&e->timer, &timers, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&e->timer, expired);
	bpf_timer_start(&e->timer, 1000000, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
