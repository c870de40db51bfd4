// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room in packets: headers and tails that come and go. The meaning is that of
 * net/core/filter.c; r1 is the packet, which begins with its link layer's
 * header.
 */

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dst_metadata.h>

#include "helpers/export.h"
#include "helpers/skb.h"

#define L3_MASK (BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)
#define L4_MASK (BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
#define SHRINK_FLAGS (BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET)
#define ROOM_FLAGS                                                        \
	(SHRINK_FLAGS | L3_MASK | L4_MASK | BPF_F_ADJ_ROOM_ENCAP_L2_ETH | \
	 BPF_F_ADJ_ROOM_ENCAP_L2(BPF_ADJ_ROOM_ENCAP_L2_MASK))
#define MOST_ROOM 0xfffu /* bytes that may come or go at once */
#define V6_LONGER (sizeof(struct ipv6hdr) - sizeof(struct iphdr))

/* r2 protocol, r3 tag */
VOUCH_HELPER(skb_vlan_push)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	__be16 proto = (__force __be16)(u16)r2;
	int err;

	if (unlikely(!eth_type_vlan(proto)))
		proto = htons(ETH_P_8021Q);
	vouch_skb_sum_mac(skb);
	err = skb_vlan_push(skb, proto, r3);
	vouch_skb_unsum_mac(skb);
	bpf_compute_data_pointers(skb);
	return err;
}

VOUCH_HELPER(skb_vlan_pop)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	int err;

	vouch_skb_sum_mac(skb);
	err = skb_vlan_pop(skb);
	vouch_skb_unsum_mac(skb);
	bpf_compute_data_pointers(skb);
	return err;
}

static vouch_untraced void change_protocol(struct sk_buff *skb, u16 proto)
{
	skb->protocol = htons(proto);
	if (skb_valid_dst(skb))
		skb_dst_drop(skb);
}

static vouch_untraced void move_headers(struct sk_buff *skb, int by)
{
	bool same = skb->transport_header == skb->network_header;

	skb->mac_header += by;
	skb->network_header += by;
	if (same)
		skb->transport_header = skb->network_header;
}

/* Zeroes add nothing to a sum. The headroom is there. */
static vouch_untraced void open_room(struct sk_buff *skb, u32 off, u32 len)
{
	skb_push(skb, len);
	memmove(skb->data, skb->data + len, off);
	memset(skb->data + off, 0, len);
	move_headers(skb, -(int)len);
}

static vouch_untraced int close_room(struct sk_buff *skb, u32 off, u32 len)
{
	void *old;

	if (unlikely(!pskb_may_pull(skb, off + len)))
		return -ENOMEM;
	old = skb->data;
	__skb_pull(skb, len);
	skb_postpull_rcsum(skb, old + off, len);
	memmove(skb->data, old, off);
	move_headers(skb, len);
	return 0;
}

/* Segments of one IP version become those of another. */
static vouch_untraced void change_gso(struct sk_buff *skb, u32 from, u32 to)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (!skb_is_gso(skb))
		return;
	if (info->gso_type & from) {
		info->gso_type &= ~from;
		info->gso_type |= to;
	}
	info->gso_type |= SKB_GSO_DODGY;
}

static vouch_untraced int to_ipv6(struct sk_buff *skb)
{
	int err = skb_cow(skb, V6_LONGER);

	if (unlikely(err < 0))
		return err;
	open_room(skb, skb_mac_header_len(skb), V6_LONGER);
	change_gso(skb, SKB_GSO_TCPV4, SKB_GSO_TCPV6);
	change_protocol(skb, ETH_P_IPV6);
	skb_clear_hash(skb);
	return 0;
}

static vouch_untraced int to_ipv4(struct sk_buff *skb)
{
	int err = skb_unclone(skb, GFP_ATOMIC);

	if (likely(!err))
		err = close_room(skb, skb_mac_header_len(skb), V6_LONGER);
	if (unlikely(err < 0))
		return err;
	change_gso(skb, SKB_GSO_TCPV6, SKB_GSO_TCPV4);
	change_protocol(skb, ETH_P_IP);
	skb_clear_hash(skb);
	return 0;
}

/* r2 protocol, r3 flags */
VOUCH_HELPER(skb_change_proto)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	__be16 to = (__force __be16)(u16)r2;
	int err = -ENOTSUPP;

	if (unlikely(r3))
		return -EINVAL;
	if (skb->protocol == htons(ETH_P_IP) && to == htons(ETH_P_IPV6))
		err = to_ipv6(skb);
	else if (skb->protocol == htons(ETH_P_IPV6) && to == htons(ETH_P_IP))
		err = to_ipv4(skb);
	bpf_compute_data_pointers(skb);
	return err;
}

/* The size of datagrams is that of their segments. */
static vouch_untraced bool gso_ok(const struct sk_buff *skb, u64 flags)
{
	return !skb_is_gso(skb) || skb_is_gso_tcp(skb) ||
	       (skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4 &&
		flags & BPF_F_ADJ_ROOM_FIXED_GSO);
}

static vouch_untraced int check_encap(const struct sk_buff *skb, u32 len,
				      u64 flags)
{
	u8 inner_mac = flags >> BPF_ADJ_ROOM_ENCAP_L2_SHIFT;

	if (skb->protocol != htons(ETH_P_IP) &&
	    skb->protocol != htons(ETH_P_IPV6))
		return -ENOTSUPP;
	if ((flags & L3_MASK) == L3_MASK || (flags & L4_MASK) == L4_MASK ||
	    (flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH && inner_mac < ETH_HLEN))
		return -EINVAL;
	if (skb->encapsulation)
		return -EALREADY;
	return inner_mac > len ? -EINVAL : 0;
}

static vouch_untraced u32 encap_gso(u64 flags)
{
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
		return SKB_GSO_UDP_TUNNEL;
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L4_GRE)
		return SKB_GSO_GRE;
	return flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 ? SKB_GSO_IPXIP6
						    : SKB_GSO_IPXIP4;
}

/* What was the packet is the inner one now; its headers' places are given. */
static vouch_untraced void encapsulate(struct sk_buff *skb, u64 flags, u16 net,
				       u16 transport, u16 mac_len)
{
	bool v6 = flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;

	skb->inner_mac_header =
		net - (u8)(flags >> BPF_ADJ_ROOM_ENCAP_L2_SHIFT);
	skb->inner_network_header = net;
	skb->inner_transport_header = transport;
	skb_set_inner_protocol(skb, flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH
					    ? htons(ETH_P_TEB)
					    : skb->protocol);
	skb->encapsulation = 1;
	skb_set_network_header(skb, mac_len);
	if (flags & L4_MASK)
		skb_set_transport_header(skb,
					 mac_len + (v6 ? sizeof(struct ipv6hdr)
						       : sizeof(struct iphdr)));
	if (skb->protocol == htons(ETH_P_IP) && v6)
		change_protocol(skb, ETH_P_IPV6);
	else if (skb->protocol == htons(ETH_P_IPV6) && !v6)
		change_protocol(skb, ETH_P_IP);
}

/* Segments must be counted anew, and be smaller for their larger headers. */
static vouch_untraced int grow_gso(struct sk_buff *skb, u32 len, u64 flags,
				   u32 type)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (!skb_is_gso(skb))
		return 0;
	info->gso_type |= type;
	info->gso_segs = 0;
	if (flags & BPF_F_ADJ_ROOM_FIXED_GSO)
		return 0;
	skb_decrease_gso_size(info, len);
	return info->frag_list ? skb_linearize(skb) : 0;
}

static vouch_untraced int grow(struct sk_buff *skb, u32 off, u32 len, u64 flags)
{
	u16 net, transport, mac_len;
	u32 type = SKB_GSO_DODGY;
	int err;

	if (!gso_ok(skb, flags))
		return -ENOTSUPP;
	err = skb_cow_head(skb, len);
	if (likely(!err) && flags & L3_MASK)
		err = check_encap(skb, len, flags);
	if (unlikely(err < 0))
		return err;
	net = skb->network_header;
	transport = skb->transport_header;
	mac_len = net - skb->mac_header;
	open_room(skb, off, len);
	if (flags & L3_MASK) {
		encapsulate(skb, flags, net, transport, mac_len);
		type |= encap_gso(flags);
	}
	return grow_gso(skb, len, flags, type);
}

static vouch_untraced int shrink(struct sk_buff *skb, u32 off, u32 len,
				 u64 flags)
{
	struct skb_shared_info *info;
	int err;

	if (unlikely(flags & ~(u64)SHRINK_FLAGS))
		return -EINVAL;
	if (!gso_ok(skb, flags))
		return -ENOTSUPP;
	err = skb_unclone(skb, GFP_ATOMIC);
	if (likely(!err))
		err = close_room(skb, off, len);
	if (unlikely(err < 0) || !skb_is_gso(skb))
		return err;
	info = skb_shinfo(skb);
	if (!(flags & BPF_F_ADJ_ROOM_FIXED_GSO))
		skb_increase_gso_size(info, len);
	info->gso_type |= SKB_GSO_DODGY;
	info->gso_segs = 0;
	return 0;
}

static vouch_untraced bool room_ok(const struct sk_buff *skb, int diff,
				   u32 header)
{
	u32 len = skb->len - skb_network_offset(skb), by = abs(diff);

	if (diff < 0)
		return by < len && len - by >= header;
	return skb->len + by <= SKB_MAX_ALLOC || skb_is_gso(skb);
}

/* r2 bytes to come or go, r3 mode, r4 flags */
VOUCH_HELPER(skb_adjust_room)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	u32 mode = r3, off, header;
	int diff = r2, err;

	if (unlikely(r4 & ~(u64)ROOM_FLAGS))
		return -EINVAL;
	if (unlikely((u32)abs(diff) > MOST_ROOM))
		return -EFAULT;
	if (skb->protocol == htons(ETH_P_IP))
		header = sizeof(struct iphdr);
	else if (skb->protocol == htons(ETH_P_IPV6))
		header = sizeof(struct ipv6hdr);
	else
		return -ENOTSUPP;
	off = skb_mac_header_len(skb);
	if (mode == BPF_ADJ_ROOM_NET)
		off += header;
	else if (unlikely(mode != BPF_ADJ_ROOM_MAC))
		return -ENOTSUPP;
	if (!room_ok(skb, diff, header))
		return -ENOTSUPP;
	err = diff < 0 ? shrink(skb, off, -diff, r4) : grow(skb, off, diff, r4);
	if (!err && !(r4 & BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		__skb_reset_checksum_unnecessary(skb);
	bpf_compute_data_pointers(skb);
	return err;
}

static vouch_untraced u32 least_len(const struct sk_buff *skb)
{
	int net = skb_network_offset(skb), transport = 0;

	if (skb_transport_header_was_set(skb))
		transport = skb_transport_offset(skb);
	return transport > 0 ? transport : max(net, 0);
}

static vouch_untraced int set_len(struct sk_buff *skb, u32 len)
{
	u32 old = skb->len;
	int err = 0;

	if (len > old) {
		err = __skb_grow_rcsum(skb, len);
		if (!err)
			memset(skb->data + old, 0, len - old);
	} else if (len < old) {
		/* Where the sum would be written is no more. */
		if (skb->ip_summed == CHECKSUM_PARTIAL &&
		    len < skb_checksum_start_offset(skb) + skb->csum_offset +
				    sizeof(__sum16))
			skb->ip_summed = CHECKSUM_NONE;
		err = __skb_trim_rcsum(skb, len);
	}
	if (!err && skb_is_gso(skb))
		skb_gso_reset(skb);
	return err;
}

/* r2 new length, r3 flags */
VOUCH_HELPER(skb_change_tail)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	u32 len = r2;
	int err;

	if (unlikely(r3 || len > SKB_MAX_ALLOC || len < least_len(skb)))
		err = -EINVAL;
	else if (skb->encapsulation)
		err = -ENOTSUPP;
	else
		err = skb_ensure_writable(skb, skb->len);
	if (!err)
		err = set_len(skb, len);
	bpf_compute_data_pointers(skb);
	return err;
}

/* r2 bytes in front, r3 flags */
VOUCH_HELPER(skb_change_head)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	u32 room = r2, len = skb->len + room;
	int err = -EINVAL;

	if (likely(!r3 && len >= skb->len &&
		   (skb_is_gso(skb) || len <= SKB_MAX_ALLOC)))
		err = skb_cow(skb, room);
	if (likely(!err)) {
		__skb_push(skb, room);
		memset(skb->data, 0, room);
		skb_reset_mac_header(skb);
		skb_reset_mac_len(skb);
	}
	bpf_compute_data_pointers(skb);
	return err;
}
