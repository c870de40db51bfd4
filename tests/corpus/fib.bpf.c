// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Looks up the routes that user space asks for, and writes down all that comes
 * back.
 */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "note.h"

#define QUESTIONS 512
#define ANSWERS (4 * QUESTIONS) /* of a packet behind the other */
#define OUT 11 /* the interface to which they lead */

struct question {
	struct bpf_fib_lookup params;
	__u32 flags, unused;
};

struct answer {
	struct bpf_fib_lookup params;
	__s64 said;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, QUESTIONS);
	__type(key, __u32);
	__type(value, struct question);
} questions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ANSWERS);
	__type(key, __u32);
	__type(value, struct answer);
} answers SEC(".maps");

__u32 answered;

#define ASK(ctx)                                                             \
	do {                                                                 \
		struct question *q;                                          \
		struct answer a;                                             \
		__u32 i, key;                                                \
                                                                             \
		for (i = 0; i < QUESTIONS; i++) {                            \
			key = i;                                             \
			q = bpf_map_lookup_elem(&questions, &key);           \
			if (!q)                                              \
				break;                                       \
			a.params = q->params;                                \
			a.said = bpf_fib_lookup(ctx, &a.params,              \
						sizeof(a.params), q->flags); \
			key = answered++ % ANSWERS;                          \
			bpf_map_update_elem(&answers, &key, &a, BPF_ANY);    \
		}                                                            \
	} while (0)

/* Parameters of other sizes, and in a map. */
#define SIZES(ctx)                                                           \
	do {                                                                 \
		struct bpf_fib_lookup more[2] = {};                          \
		struct question *q;                                          \
		__u32 key = 0;                                               \
                                                                             \
		note(bpf_fib_lookup(ctx, more, 1, 0));                       \
		note(bpf_fib_lookup(ctx, more, sizeof(*more) - 1, 0));       \
		note(bpf_fib_lookup(ctx, more, sizeof(*more) - 1, 1 << 5));  \
		more->family = 2;                                            \
		more->ifindex = 1;                                           \
		note(bpf_fib_lookup(ctx, more, sizeof(*more) + 1, 0));       \
		note(bpf_fib_lookup(ctx, more, sizeof(more), 0));            \
		note(bpf_fib_lookup(ctx, more, sizeof(more), 1u << 31));     \
		q = bpf_map_lookup_elem(&questions, &key);                   \
		if (!q)                                                      \
			break;                                               \
		note(bpf_fib_lookup(ctx, &q->params, sizeof(q->params), 0)); \
		note(q->params.ipv4_dst);                                    \
	} while (0)

SEC("xdp")
int fib(struct xdp_md *ctx)
{
	ASK(ctx);
	return XDP_PASS;
}

SEC("tc")
int fib_tc(struct __sk_buff *skb)
{
	ASK(skb);
	return TC_ACT_OK;
}

SEC("xdp")
int fib_sizes(struct xdp_md *ctx)
{
	SIZES(ctx);
	return XDP_PASS;
}

SEC("tc")
int fib_sizes_tc(struct __sk_buff *skb)
{
	SIZES(skb);
	return TC_ACT_OK;
}

/* The packet has come from where routes lead to. */
SEC("tc")
int fib_hear(struct __sk_buff *skb)
{
	note(bpf_clone_redirect(skb, OUT, BPF_F_INGRESS));
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
