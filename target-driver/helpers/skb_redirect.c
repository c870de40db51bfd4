// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that go elsewhere; the meaning is that of net/core/filter.c.
 *
 * What becomes of TC_ACT_REDIRECT is the network core's work, on a kernel
 * without BPF too: it reads per CPU what the program asked.
 */

#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <net/pkt_cls.h>

#include "helpers/export.h"
#include "helpers/skb.h"

/* Flags of struct bpf_redirect_info, of net/core/filter.c; in no header. */
#define TO_NEIGH BIT(16)
#define TO_PEER BIT(17)
#define TO_NEXTHOP BIT(18)

static vouch_untraced u64 ask(u32 ifindex, u32 flags)
{
	struct bpf_redirect_info *info = this_cpu_ptr(&bpf_redirect_info);

	info->flags = flags;
	info->tgt_index = ifindex;
	return TC_ACT_REDIRECT;
}

/* r1 interface, r2 flags */
VOUCH_HELPER(redirect)
{
	if (unlikely(r2 & ~(u64)BPF_F_INGRESS))
		return TC_ACT_SHOT;
	return ask(r1, r2);
}

VOUCH_HELPER(redirect_peer)
{
	return unlikely(r2) ? TC_ACT_SHOT : ask(r1, TO_PEER);
}

/* r1 interface, r2 next hop or NULL, r3 its length, r4 flags */
VOUCH_HELPER(redirect_neigh)
{
	struct bpf_redirect_info *info = this_cpu_ptr(&bpf_redirect_info);
	int len = r3;

	BUILD_BUG_ON(sizeof(struct bpf_redir_neigh) !=
		     sizeof(struct bpf_nh_params));
	if (unlikely(r4 || (len && len < (int)sizeof(info->nh))))
		return TC_ACT_SHOT;
	if (len)
		memcpy(&info->nh, (void *)(unsigned long)r2, sizeof(info->nh));
	return ask(r1, TO_NEIGH | (len ? TO_NEXTHOP : 0));
}

/* Up the stack, as if the interface had received it; without its MTU. */
static int receive(struct net_device *dev, struct sk_buff *skb, bool has_mac)
{
	int ret = ____dev_forward_skb(dev, skb, false);

	if (ret)
		return ret;
	if (has_mac) {
		skb->protocol = eth_type_trans(skb, dev);
		skb_postpull_rcsum(skb, eth_hdr(skb), ETH_HLEN);
	} else {
		skb->dev = dev;
	}
	return netif_rx(skb);
}

static int transmit(struct net_device *dev, struct sk_buff *skb)
{
	int ret;

	if (dev_xmit_recursion()) {
		net_crit_ratelimited(
			"vouch: packet for %s dropped: programs send in a circle\n",
			dev->name);
		kfree_skb(skb);
		return -ENETDOWN;
	}
	skb->dev = dev;
	skb_clear_tstamp(skb);
	dev_xmit_recursion_inc();
	ret = dev_queue_xmit(skb);
	dev_xmit_recursion_dec();
	return ret;
}

/* The interface wants no link layer's header. */
static bool strip_mac(struct sk_buff *skb)
{
	unsigned int len = skb_network_offset(skb);

	if (unlikely(skb->len <= len))
		return false;
	if (len) {
		__skb_pull(skb, len);
		/* At ingress it has not been summed up. */
		if (!skb_at_tc_ingress(skb))
			skb_postpull_rcsum(skb, skb_mac_header(skb), len);
	}
	skb_pop_mac_header(skb);
	skb_reset_mac_len(skb);
	return true;
}

/* Takes the packet over. */
static int send(struct sk_buff *skb, struct net_device *dev, u64 flags)
{
	bool has_mac = dev_is_mac_header_xmit(dev), good;

	if (has_mac)
		good = skb->mac_header < skb->network_header && skb->len;
	else
		good = strip_mac(skb);
	if (unlikely(!good)) {
		kfree_skb(skb);
		return -ERANGE;
	}
	if (has_mac)
		vouch_skb_sum_mac(skb);
	return flags & BPF_F_INGRESS ? receive(dev, skb, has_mac)
				     : transmit(dev, skb);
}

/* r1 packet, r2 interface, r3 flags */
VOUCH_HELPER(clone_redirect)
{
	struct sk_buff *skb = vouch_skb_of(r1), *clone;
	struct net_device *dev;

	if (unlikely(r3 & ~(u64)BPF_F_INGRESS))
		return -EINVAL;
	if (unlikely(skb_is_gso(skb) && !skb_shinfo(skb)->gso_type))
		return -EBADMSG;
	dev = dev_get_by_index_rcu(dev_net(skb->dev), r2);
	if (unlikely(!dev))
		return -EINVAL;
	clone = skb_clone(skb, GFP_ATOMIC);
	if (unlikely(!clone))
		return -ENOMEM;
	/* The program writes to its packet without asking again. */
	if (unlikely(vouch_skb_make_writable(skb, skb_headlen(skb)))) {
		kfree_skb(clone);
		return -ENOMEM;
	}
	return send(clone, dev, r3);
}
