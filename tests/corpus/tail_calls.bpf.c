// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tail calls by known and by computed indexes, from a function, to an entry
 * that is not there, and until there may be no more of them.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int one(struct xdp_md *ctx);
int two(struct xdp_md *ctx);
int around(struct xdp_md *ctx);
int far(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 6);
	__uint(key_size, 4);
	__array(values, int(void *));
} next SEC(".maps") = {
	.values = { [0] = (void *)&one,
		    [1] = (void *)&two,
		    [3] = (void *)&around,
		    [4] = (void *)&far },
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline void count(__u32 at)
{
	__u64 *n = bpf_map_lookup_elem(&seen, &at);

	if (n)
		++*n;
}

SEC("xdp")
int one(struct xdp_md *ctx)
{
	count(0);
	return XDP_DROP;
}

SEC("xdp")
int two(struct xdp_md *ctx)
{
	volatile __u64 room[20] = { 1 };

	count(1);
	bpf_tail_call(ctx, &next, 0);
	return room[0] + XDP_PASS;
}

/* Until the limit, which differs by nobody. */
SEC("xdp")
int around(struct xdp_md *ctx)
{
	count(2);
	bpf_tail_call(ctx, &next, 3);
	count(3);
	return XDP_TX;
}

static __noinline int onward(struct xdp_md *ctx, __u32 index)
{
	volatile __u64 room[4] = { index };

	count(4);
	bpf_tail_call(ctx, &next, index);
	count(5);
	return room[0] & 3;
}

/* The call ends with the function that made it. */
SEC("xdp")
int far(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;
	int a = onward(ctx, len & 1), b = onward(ctx, 2 + (len >> 1 & 1));

	count(6);
	return (a + b) & 3;
}

SEC("xdp")
int tail_calls(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;

	if (len & 64)
		bpf_tail_call(ctx, &next, 1);
	bpf_tail_call(ctx, &next, len & 7);
	count(7);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
