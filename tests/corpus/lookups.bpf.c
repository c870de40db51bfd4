// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets that are found, from a frame and from a packet (tests/workload). */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HERE BPF_F_CURRENT_NETNS
#define APART 7 /* a namespace */
#define NOWHERE 8
#define SERVER bpf_htons(6000)
#define CLIENT bpf_htons(6001)
#define APART_SERVER bpf_htons(6002)
#define OTHER bpf_htons(6003)
#define LOOPBACK bpf_htonl(0x7f000001)
#define V6 10 /* AF_INET6 */
#define QUESTIONS 48

struct answer {
	__u32 family, type, protocol, state, local_port, peer_port;
	__u32 local[4], peer[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, QUESTIONS);
	__type(key, __u32);
	__type(value, struct answer);
} answers SEC(".maps");

static __always_inline void describe_common(struct answer *a,
					    struct bpf_sock *sk)
{
	a->family = sk->family;
	a->state = sk->state;
	a->local_port = sk->src_port;
	a->peer_port = sk->dst_port;
	a->local[0] = sk->src_ip4;
	a->peer[0] = sk->dst_ip4;
	if (sk->family != V6)
		return;
	a->local[0] = sk->src_ip6[0];
	a->local[1] = sk->src_ip6[1];
	a->local[2] = sk->src_ip6[2];
	a->local[3] = sk->src_ip6[3];
	a->peer[0] = sk->dst_ip6[0];
	a->peer[1] = sk->dst_ip6[1];
	a->peer[2] = sk->dst_ip6[2];
	a->peer[3] = sk->dst_ip6[3];
}

static __always_inline void describe(struct answer *a, struct bpf_sock *sk)
{
	describe_common(a, sk);
	a->type = sk->type;
	a->protocol = sk->protocol;
}

/* Lengths of tuples are constants to the verifier. */
#define ASK(lookup, tell, ctx, len, netns)                                     \
	do {                                                                   \
		struct bpf_sock *sk =                                          \
			(void *)lookup(ctx, &tuple, len, netns, 0);            \
		struct answer a = {};                                          \
                                                                               \
		if (sk) {                                                      \
			tell(&a, sk);                                          \
			bpf_sk_release(sk);                                    \
			bpf_map_update_elem(&answers, &question, &a, BPF_ANY); \
		}                                                              \
		question++;                                                    \
	} while (0)

#define ASK_ALL(ctx, len, netns)                                           \
	do {                                                               \
		ASK(bpf_sk_lookup_udp, describe, ctx, len, netns);         \
		ASK(bpf_sk_lookup_tcp, describe, ctx, len, netns);         \
		ASK(bpf_skc_lookup_tcp, describe_common, ctx, len, netns); \
	} while (0)

/* To a server, of a stream, to a port that nobody has; and elsewhere. */
#define FAMILY(ctx, part)                                  \
	do {                                               \
		tuple.part.sport = OTHER;                  \
		tuple.part.dport = SERVER;                 \
		ASK_ALL(ctx, sizeof(tuple.part), HERE);    \
		tuple.part.sport = CLIENT;                 \
		ASK_ALL(ctx, sizeof(tuple.part), HERE);    \
		tuple.part.dport = OTHER;                  \
		ASK_ALL(ctx, sizeof(tuple.part), HERE);    \
		ASK_ALL(ctx, sizeof(tuple.part), APART);   \
		tuple.part.dport = APART_SERVER;           \
		ASK_ALL(ctx, sizeof(tuple.part), HERE);    \
		ASK_ALL(ctx, sizeof(tuple.part), APART);   \
		ASK_ALL(ctx, sizeof(tuple.part), NOWHERE); \
	} while (0)

#define LOOK(ctx)                                                         \
	do {                                                              \
		struct bpf_sock_tuple tuple = {};                         \
		__u32 question = 0;                                       \
                                                                          \
		tuple.ipv4.saddr = tuple.ipv4.daddr = LOOPBACK;           \
		FAMILY(ctx, ipv4);                                        \
		__builtin_memset(&tuple, 0, sizeof(tuple));               \
		tuple.ipv6.saddr[3] = tuple.ipv6.daddr[3] = bpf_htonl(1); \
		FAMILY(ctx, ipv6);                                        \
	} while (0)

SEC("xdp")
int look_from_frame(struct xdp_md *ctx)
{
	LOOK(ctx);
	return XDP_PASS;
}

SEC("tc")
int look_from_packet(struct __sk_buff *skb)
{
	LOOK(skb);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
