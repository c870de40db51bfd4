// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Records with bytes of the packet, by XDP and by tc. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "map.h"

#define TAKEN(n) (BPF_F_CURRENT_CPU | (__u64)(n) << 32)

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(map_flags, BPF_F_PRESERVE_ELEMS);
} events SEC(".maps");

MAP(returned, ARRAY, 16);

static __always_inline void note(__u32 at, __u64 value)
{
	bpf_map_update_elem(&returned, &at, &value, BPF_ANY);
}

/* What is refused before anything is written. */
static __always_inline void refused(void *ctx, __u64 *meta)
{
	note(0, bpf_perf_event_output(ctx, &events, TAKEN(65), meta, 8));
	note(1, bpf_perf_event_output(ctx, &events, 1ull << 60, meta, 8));
	note(2, bpf_perf_event_output(ctx, &events, 5000, meta, 8));
}

/* Nobody has put an event there on the verifier kernel. */
static __always_inline void taken(void *ctx, __u64 *meta)
{
	bpf_perf_event_output(ctx, &events, TAKEN(0), meta, 8);
	bpf_perf_event_output(ctx, &events, TAKEN(5), meta, 8);
	bpf_perf_event_output(ctx, &events, TAKEN(64), meta, 3);
}

SEC("xdp")
int by_xdp(struct xdp_md *ctx)
{
	__u64 meta = 0x1111;

	refused(ctx, &meta);
	taken(ctx, &meta);
	return XDP_PASS;
}

SEC("tc")
int by_tc(struct __sk_buff *skb)
{
	__u64 meta = 0x2222;

	refused(skb, &meta);
	taken(skb, &meta);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
