/* SPDX-License-Identifier: GPL-2.0-only */
/* What the helpers of packets in a struct sk_buff have in common. */
#ifndef VOUCH_SKB_H
#define VOUCH_SKB_H

#include <linux/filter.h>
#include <linux/skbuff.h>
#include <net/sch_generic.h>

static __always_inline struct sk_buff *vouch_skb_of(u64 r1)
{
	return (struct sk_buff *)(unsigned long)r1;
}

/**
 * vouch_skb_make_writable() - have a packet's first bytes linear and its own.
 * @skb: the packet
 * @len: how many
 *
 * What a program knows of data and data_end is of no use afterwards.
 *
 * Return: 0, -EINVAL, -EFAULT or -ENOMEM.
 */
static inline int vouch_skb_make_writable(struct sk_buff *skb, u32 len)
{
	int err = skb_ensure_writable(skb, len);

	bpf_compute_data_pointers(skb);
	return err;
}

/* At ingress the link layer's header is in front of what is summed up. */
static inline void vouch_skb_sum_mac(struct sk_buff *skb)
{
	if (skb_at_tc_ingress(skb))
		skb_postpush_rcsum(skb, skb_mac_header(skb), skb->mac_len);
}

static inline void vouch_skb_unsum_mac(struct sk_buff *skb)
{
	if (skb_at_tc_ingress(skb))
		skb_postpull_rcsum(skb, skb_mac_header(skb), skb->mac_len);
}

#endif /* VOUCH_SKB_H */
