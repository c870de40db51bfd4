// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sockets by addresses: what is looked for in vain, and what there is for the
 * packets of a stream.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "note.h"

#define HERE BPF_F_CURRENT_NETNS
#define LOOPBACK bpf_htonl(0x7f000001)

/* Lengths of tuples are constants to the verifier. */
#define TRY(lookup, ctx, len, netns, flags)                      \
	do {                                                     \
		struct bpf_sock *sk = (struct bpf_sock *)lookup( \
			ctx, &tuple, len, netns, flags);         \
                                                                 \
		note(sk ? sk->family : -1);                      \
		if (sk)                                          \
			bpf_sk_release(sk);                      \
	} while (0)

#define TRY_ALL(lookup, ctx)                                            \
	do {                                                            \
		TRY(lookup, ctx, sizeof(tuple.ipv4), HERE, 0);          \
		TRY(lookup, ctx, sizeof(tuple.ipv6), HERE, 0);          \
		TRY(lookup, ctx, sizeof(tuple.ipv4) - 1, HERE, 0);      \
		TRY(lookup, ctx, sizeof(tuple.ipv4) + 1, HERE, 0);      \
		TRY(lookup, ctx, 1, HERE, 0);                           \
		TRY(lookup, ctx, sizeof(tuple.ipv4), 77, 0);            \
		TRY(lookup, ctx, sizeof(tuple.ipv4), 1ull << 33, 0);    \
		TRY(lookup, ctx, sizeof(tuple.ipv4), HERE, 1);          \
		TRY(lookup, ctx, sizeof(tuple.ipv6), HERE, 1ull << 63); \
	} while (0)

SEC("tc")
int sock_args(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {
		.ipv4 = { LOOPBACK, LOOPBACK, bpf_htons(5001),
			  bpf_htons(5000) },
	};

	TRY_ALL(bpf_sk_lookup_tcp, skb);
	TRY_ALL(bpf_sk_lookup_udp, skb);
	TRY_ALL(bpf_skc_lookup_tcp, skb);
	return TC_ACT_OK;
}

SEC("xdp")
int sock_frame_args(struct xdp_md *ctx)
{
	struct bpf_sock_tuple tuple = {
		.ipv4 = { LOOPBACK, LOOPBACK, bpf_htons(5001),
			  bpf_htons(5000) },
	};

	TRY_ALL(bpf_sk_lookup_tcp, ctx);
	TRY_ALL(bpf_sk_lookup_udp, ctx);
	TRY_ALL(bpf_skc_lookup_tcp, ctx);
	return XDP_PASS;
}

/* The socket that a packet seems to be of, in a test-run. */
SEC("tc")
int sock_own(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk, *full, *listener;
	struct bpf_tcp_sock *tcp;

	if (!sk)
		return TC_ACT_OK;
	full = bpf_sk_fullsock(sk);
	note(full ? full->type : -1);
	note(full ? full->protocol : -1);
	tcp = bpf_tcp_sock(sk);
	note(tcp ? 1 : 0);
	listener = bpf_get_listener_sock(sk);
	note(listener ? 1 : 0);
	return TC_ACT_OK;
}

/* ---- a stream over loopback --------------------------------------------- */

struct asked {
	__u16 from; /* port */
	__u8 flags; /* of TCP */
	__u8 state; /* of the socket to which it goes */
};

struct answer {
	__u32 state, type, protocol, mark, priority, local_port, peer_port,
		local, peer;
	__u32 is_tcp, mss, is_listener, assigned;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct asked);
	__type(value, struct answer);
} answers SEC(".maps");

static __always_inline void describe(struct answer *a, struct bpf_sock *sk)
{
	struct bpf_tcp_sock *tcp = bpf_tcp_sock(sk);
	struct bpf_sock *listener = bpf_get_listener_sock(sk);

	a->state = sk->state;
	a->type = sk->type;
	a->protocol = sk->protocol;
	a->mark = sk->mark;
	a->priority = sk->priority;
	a->local_port = sk->src_port;
	a->peer_port = sk->dst_port;
	a->local = sk->src_ip4;
	a->peer = sk->dst_ip4;
	if (tcp) {
		a->is_tcp = 1;
		a->mss = tcp->mss_cache;
	}
	if (listener)
		a->is_listener = listener->src_port;
}

/* The transport's header, and with it ports; the protocol, or 0. */
static __always_inline int load_tuple(struct __sk_buff *skb,
				      struct bpf_sock_tuple *tuple,
				      struct asked *asked)
{
	struct tcphdr tcp = {};
	struct iphdr ip;
	__u32 len = 4;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.ihl != 5)
		return 0;
	if (ip.protocol == IPPROTO_TCP)
		len = sizeof(tcp);
	else if (ip.protocol != IPPROTO_UDP)
		return 0;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(ip), &tcp, len))
		return 0;
	tuple->ipv4.saddr = ip.saddr;
	tuple->ipv4.daddr = ip.daddr;
	tuple->ipv4.sport = tcp.source;
	tuple->ipv4.dport = tcp.dest;
	asked->from = bpf_ntohs(tcp.source);
	asked->flags = tcp.syn | tcp.rst << 1 | tcp.psh << 2 | tcp.ack << 3;
	return asked->from == 5000 || asked->from == 5001 ? ip.protocol : 0;
}

static __always_inline void write_down(struct asked *asked, struct answer *a)
{
	bpf_map_update_elem(&answers, asked, a, BPF_ANY);
}

static __always_inline void of_datagram(struct __sk_buff *skb,
					struct bpf_sock_tuple *tuple,
					struct asked *asked)
{
	struct answer a = {};
	struct bpf_sock *sk;

	sk = bpf_sk_lookup_udp(skb, tuple, sizeof(tuple->ipv4), HERE, 0);
	if (!sk)
		return;
	a.assigned = bpf_sk_assign(skb, sk, 0);
	describe(&a, sk);
	bpf_sk_release(sk);
	write_down(asked, &a);
}

/* How many acknowledgements there are is up to time. */
static __always_inline int is_certain(const struct asked *asked)
{
	return asked->flags & 7 || asked->state == BPF_TCP_NEW_SYN_RECV;
}

static __always_inline void of_segment(struct __sk_buff *skb,
				       struct bpf_sock_tuple *tuple,
				       struct asked *asked)
{
	struct answer a = {};
	struct bpf_sock *sk;

	sk = bpf_skc_lookup_tcp(skb, tuple, sizeof(tuple->ipv4), HERE, 0);
	if (!sk)
		return;
	asked->state = sk->state;
	/* To where it goes anyway. */
	a.assigned = bpf_sk_assign(skb, sk, 0);
	bpf_sk_release(sk);
	if (!is_certain(asked))
		return;
	sk = bpf_sk_lookup_tcp(skb, tuple, sizeof(tuple->ipv4), HERE, 0);
	if (sk) {
		a.assigned |= bpf_sk_assign(skb, sk, 1) << 16;
		describe(&a, sk);
		bpf_sk_release(sk);
	}
	write_down(asked, &a);
}

SEC("tc")
int sock_stream(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct asked asked = {};
	int protocol = load_tuple(skb, &tuple, &asked);

	if (protocol == IPPROTO_UDP)
		of_datagram(skb, &tuple, &asked);
	else if (protocol == IPPROTO_TCP)
		of_segment(skb, &tuple, &asked);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
