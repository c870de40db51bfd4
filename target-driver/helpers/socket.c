// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets by the addresses of a packet, and what they are; the meaning is that
 * of net/core/filter.c. What is found is held, unless it is one that lives on
 * for a grace period, until sk_release.
 */

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ipv6_stubs.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "helpers/export.h"
#include "helpers/skb.h"

/* What a program looks for, and where. */
struct search {
	struct net *net;
	const struct bpf_sock_tuple *tuple;
	u32 len; /* of the tuple, bytes */
	int proto;
	int ifindex, sdif;
};

static vouch_untraced struct sock *find_ipv4(const struct search *s, bool *held)
{
	const struct bpf_sock_tuple *t = s->tuple;

	if (s->proto == IPPROTO_TCP)
		return __inet_lookup(
			s->net, s->net->ipv4.tcp_death_row.hashinfo, NULL, 0,
			t->ipv4.saddr, t->ipv4.sport, t->ipv4.daddr,
			t->ipv4.dport, s->ifindex, s->sdif, held);
	return __udp4_lib_lookup(s->net, t->ipv4.saddr, t->ipv4.sport,
				 t->ipv4.daddr, t->ipv4.dport, s->ifindex,
				 s->sdif, &udp_table, NULL);
}

static vouch_untraced struct sock *find_ipv6(const struct search *s, bool *held)
{
#if IS_ENABLED(CONFIG_IPV6)
	const struct bpf_sock_tuple *t = s->tuple;
	const struct in6_addr *from = (const void *)t->ipv6.saddr;
	const struct in6_addr *to = (const void *)t->ipv6.daddr;

	if (s->proto == IPPROTO_TCP)
		return __inet6_lookup(
			s->net, s->net->ipv4.tcp_death_row.hashinfo, NULL, 0,
			from, t->ipv6.sport, to, ntohs(t->ipv6.dport),
			s->ifindex, s->sdif, held);
	if (likely(ipv6_bpf_stub))
		return ipv6_bpf_stub->udp6_lib_lookup(
			s->net, from, t->ipv6.sport, to, t->ipv6.dport,
			s->ifindex, s->sdif, &udp_table, NULL);
#endif
	return NULL;
}

static vouch_untraced struct sock *find(const struct search *s)
{
	bool held = false;
	struct sock *sk;

	sk = s->len == sizeof(s->tuple->ipv4) ? find_ipv4(s, &held)
					      : find_ipv6(s, &held);
	if (WARN_ON_ONCE(sk && !held && !sock_flag(sk, SOCK_RCU_FREE)))
		return NULL;
	return sk;
}

/* In another namespace if @netns is not negative. */
static vouch_untraced struct sock *find_in(struct search *s, u64 netns,
					   u64 flags)
{
	struct sock *sk;

	if (s->len != sizeof(s->tuple->ipv4) &&
	    s->len != sizeof(s->tuple->ipv6))
		return NULL;
	if (unlikely(flags || ((s32)netns >= 0 && netns > S32_MAX)))
		return NULL;
	if ((s32)netns < 0)
		return find(s);
	s->net = get_net_ns_by_id(s->net, netns);
	if (unlikely(!s->net))
		return NULL;
	sk = find(s);
	put_net(s->net);
	return sk;
}

/* The whole socket behind what was found, or nothing. */
static vouch_untraced struct sock *to_full(struct sock *sk)
{
	struct sock *full = sk ? sk_to_full_sk(sk) : NULL;

	if (full && !sk_fullsock(full))
		full = NULL;
	if (full == sk)
		return sk;
	sock_gen_put(sk);
	/* A listener, which nobody holds. */
	if (WARN_ON_ONCE(full && !sock_flag(full, SOCK_RCU_FREE)))
		return NULL;
	return full;
}

static vouch_untraced struct search from(const struct net_device *dev, u64 r2,
					 u64 r3, int proto)
{
	return (struct search){
		.net = dev_net(dev),
		.tuple = (void *)(unsigned long)r2,
		.len = r3,
		.proto = proto,
		.ifindex = dev->ifindex,
		.sdif = dev_sdif(dev),
	};
}

/* r1 packet, r2 tuple, r3 its length, r4 namespace, r5 flags */
#define OF_SKB (vouch_skb_of(r1)->dev)
VOUCH_HELPER(tc_skc_lookup_tcp)
{
	struct search s = from(OF_SKB, r2, r3, IPPROTO_TCP);

	return (unsigned long)find_in(&s, r4, r5);
}

VOUCH_HELPER(tc_sk_lookup_tcp)
{
	struct search s = from(OF_SKB, r2, r3, IPPROTO_TCP);

	return (unsigned long)to_full(find_in(&s, r4, r5));
}

VOUCH_HELPER(tc_sk_lookup_udp)
{
	struct search s = from(OF_SKB, r2, r3, IPPROTO_UDP);

	return (unsigned long)to_full(find_in(&s, r4, r5));
}

/* The same of a frame; here the namespace has 32 bits. */
#define OF_XDP (((struct xdp_buff *)(unsigned long)r1)->rxq->dev)
VOUCH_HELPER(xdp_skc_lookup_tcp)
{
	struct search s = from(OF_XDP, r2, r3, IPPROTO_TCP);

	return (unsigned long)find_in(&s, (u32)r4, r5);
}

VOUCH_HELPER(xdp_sk_lookup_tcp)
{
	struct search s = from(OF_XDP, r2, r3, IPPROTO_TCP);

	return (unsigned long)to_full(find_in(&s, (u32)r4, r5));
}

VOUCH_HELPER(xdp_sk_lookup_udp)
{
	struct search s = from(OF_XDP, r2, r3, IPPROTO_UDP);

	return (unsigned long)to_full(find_in(&s, (u32)r4, r5));
}

static __always_inline struct sock *sock_of(u64 r1)
{
	return (struct sock *)(unsigned long)r1;
}

VOUCH_HELPER(sk_release)
{
	if (r1 && sk_is_refcounted(sock_of(r1)))
		sock_gen_put(sock_of(r1));
	return 0;
}

VOUCH_HELPER(sk_fullsock)
{
	return sk_fullsock(sock_of(r1)) ? r1 : 0;
}

VOUCH_HELPER(tcp_sock)
{
	struct sock *sk = sock_of(r1);

	return sk_fullsock(sk) && sk->sk_protocol == IPPROTO_TCP ? r1 : 0;
}

VOUCH_HELPER(get_listener_sock)
{
	struct sock *sk = sk_to_full_sk(sock_of(r1));

	return sk->sk_state == TCP_LISTEN && sock_flag(sk, SOCK_RCU_FREE)
		       ? (unsigned long)sk
		       : 0;
}

/* r1 packet, r2 socket, r3 flags */
VOUCH_HELPER(sk_assign)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	struct sock *sk = sock_of(r2);

	if (!sk || r3)
		return -EINVAL;
	if (!skb_at_tc_ingress(skb))
		return -EOPNOTSUPP;
	if (unlikely(dev_net(skb->dev) != sock_net(sk)))
		return -ENETUNREACH;
	if (unlikely(sk_fullsock(sk) && sk->sk_reuseport))
		return -ESOCKTNOSUPPORT;
	if (sk_unhashed(sk))
		return -EOPNOTSUPP;
	if (sk_is_refcounted(sk) && !refcount_inc_not_zero(&sk->sk_refcnt))
		return -ENOENT;
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_pfree;
	return 0;
}
