// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes and checksums of packets, and what else is known of one; the meaning is
 * that of net/core/filter.c. r1 is the packet.
 */

#include <linux/cgroup.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/checksum.h>
#include <net/cls_cgroup.h>
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/route.h>
#include <net/sock.h>

#include "helpers/export.h"
#include "helpers/skb.h"

static __always_inline void *ptr(u64 r)
{
	return (void *)(unsigned long)r;
}

/* r2 offset, r3 from, r4 length, r5 flags */
VOUCH_HELPER(skb_store_bytes)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	u32 offset = r2, len = r4;
	void *to;

	if (unlikely(r5 & ~(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH)))
		return -EINVAL;
	if (unlikely(offset > INT_MAX ||
		     vouch_skb_make_writable(skb, offset + len)))
		return -EFAULT;
	to = skb->data + offset;
	if (r5 & BPF_F_RECOMPUTE_CSUM)
		__skb_postpull_rcsum(skb, to, len, offset);
	memcpy(to, ptr(r3), len);
	if (r5 & BPF_F_RECOMPUTE_CSUM)
		__skb_postpush_rcsum(skb, to, len, offset);
	if (r5 & BPF_F_INVALIDATE_HASH)
		skb_clear_hash(skb);
	return 0;
}

/* r2 offset, r3 to, r4 length */
VOUCH_HELPER(skb_load_bytes)
{
	u32 offset = r2, len = r4;
	void *to = ptr(r3), *from = NULL;

	if (likely(offset <= INT_MAX))
		from = skb_header_pointer(vouch_skb_of(r1), offset, len, to);
	if (unlikely(!from)) {
		memset(to, 0, len);
		return -EFAULT;
	}
	if (from != to)
		memcpy(to, from, len);
	return 0;
}

/* r2 offset, r3 to, r4 length, r5 the header that the offset is from */
VOUCH_HELPER(skb_load_bytes_relative)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	u32 offset = r2, len = r4, header = r5;
	u8 *from = NULL;

	if (header == BPF_HDR_START_MAC && skb_mac_header_was_set(skb))
		from = skb_mac_header(skb);
	else if (header == BPF_HDR_START_NET)
		from = skb_network_header(skb);
	if (unlikely(!from || offset > 0xffff ||
		     from + offset + len > skb_tail_pointer(skb))) {
		memset(ptr(r3), 0, len);
		return -EFAULT;
	}
	memcpy(ptr(r3), from + offset, len);
	return 0;
}

VOUCH_HELPER(skb_pull_data)
{
	struct sk_buff *skb = vouch_skb_of(r1);

	return vouch_skb_make_writable(skb, (u32)r2 ?: skb_headlen(skb));
}

/* Where a checksum is, or an error. */
static vouch_untraced __sum16 *sum_at(struct sk_buff *skb, u32 offset)
{
	if (unlikely(offset > 0xffff || offset & 1 ||
		     vouch_skb_make_writable(skb, offset + sizeof(__sum16))))
		return NULL;
	return (__sum16 *)(skb->data + offset);
}

/* r2 offset, r3 from, r4 to, r5 flags */
VOUCH_HELPER(l3_csum_replace)
{
	__sum16 *sum;

	if (unlikely(r5 & ~(u64)BPF_F_HDR_FIELD_MASK))
		return -EINVAL;
	sum = sum_at(vouch_skb_of(r1), r2);
	if (unlikely(!sum))
		return -EFAULT;
	switch (r5) {
	case 0:
		if (unlikely(r3))
			return -EINVAL;
		csum_replace_by_diff(sum, (__force __wsum)r4);
		return 0;
	case 2:
		csum_replace2(sum, (__force __be16)r3, (__force __be16)r4);
		return 0;
	case 4:
		csum_replace4(sum, (__force __be32)r3, (__force __be32)r4);
		return 0;
	default:
		return -EINVAL;
	}
}

#define L4_FLAGS                                                        \
	(BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR | \
	 BPF_F_HDR_FIELD_MASK | BPF_F_IPV6)

/* r2 offset, r3 from, r4 to, r5 flags */
VOUCH_HELPER(l4_csum_replace)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	bool pseudo = r5 & BPF_F_PSEUDO_HDR;
	__sum16 *sum;

	if (unlikely(r5 & ~(u64)L4_FLAGS))
		return -EINVAL;
	sum = sum_at(skb, r2);
	if (unlikely(!sum))
		return -EFAULT;
	if (r5 & BPF_F_MARK_MANGLED_0 && !(r5 & BPF_F_MARK_ENFORCE) && !*sum)
		return 0;
	switch (r5 & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (unlikely(r3))
			return -EINVAL;
		inet_proto_csum_replace_by_diff(sum, skb, (__force __wsum)r4,
						pseudo, r5 & BPF_F_IPV6);
		break;
	case 2:
		inet_proto_csum_replace2(sum, skb, (__force __be16)r3,
					 (__force __be16)r4, pseudo);
		break;
	case 4:
		inet_proto_csum_replace4(sum, skb, (__force __be32)r3,
					 (__force __be32)r4, pseudo);
		break;
	default:
		return -EINVAL;
	}
	if (r5 & BPF_F_MARK_MANGLED_0 && !*sum)
		*sum = CSUM_MANGLED_0;
	return 0;
}

VOUCH_HELPER(csum_update)
{
	struct sk_buff *skb = vouch_skb_of(r1);

	if (skb->ip_summed != CHECKSUM_COMPLETE)
		return -ENOTSUPP;
	skb->csum = csum_add(skb->csum, (__force __wsum)r2);
	return (__force u32)skb->csum;
}

VOUCH_HELPER(csum_level)
{
	struct sk_buff *skb = vouch_skb_of(r1);

	switch (r2) {
	case BPF_CSUM_LEVEL_INC:
		__skb_incr_checksum_unnecessary(skb);
		return 0;
	case BPF_CSUM_LEVEL_DEC:
		__skb_decr_checksum_unnecessary(skb);
		return 0;
	case BPF_CSUM_LEVEL_RESET:
		__skb_reset_checksum_unnecessary(skb);
		return 0;
	case BPF_CSUM_LEVEL_QUERY:
		return skb->ip_summed == CHECKSUM_UNNECESSARY ? skb->csum_level
							      : -EACCES;
	default:
		return -EINVAL;
	}
}

VOUCH_HELPER(get_hash_recalc)
{
	return skb_get_hash(vouch_skb_of(r1));
}

VOUCH_HELPER(set_hash_invalid)
{
	skb_clear_hash(vouch_skb_of(r1));
	return 0;
}

VOUCH_HELPER(set_hash)
{
	__skb_set_sw_hash(vouch_skb_of(r1), r2, true);
	return 0;
}

VOUCH_HELPER(skb_change_type)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	u32 type = r2;

	if (unlikely(!skb_pkt_type_ok(skb->pkt_type) || !skb_pkt_type_ok(type)))
		return -EINVAL;
	skb->pkt_type = type;
	return 0;
}

VOUCH_HELPER(skb_ecn_set_ce)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	__be16 proto = skb_protocol(skb, true);
	u32 len;

	if (proto == htons(ETH_P_IP))
		len = sizeof(struct iphdr);
	else if (proto == htons(ETH_P_IPV6))
		len = sizeof(struct ipv6hdr);
	else
		return 0;
	if (skb_headlen(skb) < len ||
	    (skb_cloned(skb) && !skb_clone_writable(skb, len)))
		return 0;
	return INET_ECN_set_ce(skb);
}

/* r2 time, r3 its kind */
VOUCH_HELPER(skb_set_tstamp)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	bool mono = (u32)r3 == BPF_SKB_TSTAMP_DELIVERY_MONO;

	if (skb->protocol != htons(ETH_P_IP) &&
	    skb->protocol != htons(ETH_P_IPV6))
		return -EOPNOTSUPP;
	/* A kind of time asks for one, and none for none. */
	if ((!mono && (u32)r3 != BPF_SKB_TSTAMP_UNSPEC) || mono != !!r2)
		return -EINVAL;
	skb->tstamp = r2;
	skb->mono_delivery_time = mono;
	return 0;
}

VOUCH_HELPER(get_cgroup_classid)
{
	return task_get_classid(vouch_skb_of(r1));
}

#ifdef CONFIG_CGROUP_NET_CLASSID
VOUCH_HELPER(skb_cgroup_classid)
{
	struct sock *sk = skb_to_full_sk(vouch_skb_of(r1));

	return sk && sk_fullsock(sk) ? sock_cgroup_classid(&sk->sk_cgrp_data)
				     : 0;
}
#endif

VOUCH_HELPER(get_route_realm)
{
	return dst_tclassid(vouch_skb_of(r1));
}

VOUCH_HELPER(get_socket_uid)
{
	struct sock *sk = sk_to_full_sk(vouch_skb_of(r1)->sk);

	if (!sk || !sk_fullsock(sk))
		return overflowuid;
	return from_kuid_munged(sock_net(sk)->user_ns,
				sock_net_uid(sock_net(sk), sk));
}
