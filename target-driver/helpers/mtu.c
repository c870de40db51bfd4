// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a packet fits an interface; the meaning is that of net/core/filter.c.
 * r1 packet, r2 interface or 0 for its own, r3 length in and MTU out, r4
 * what would be added, r5 flags.
 */

#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/xdp.h>

#include "helpers/export.h"

/* 1: fits; 0: does not; or an error. */
static vouch_untraced int check_mtu(struct net_device *dev, u32 ifindex,
				    u32 *mtu, int len, int more)
{
	u32 wanted = *mtu;

	*mtu = 0;
	if (ifindex)
		dev = dev_get_by_index_rcu(dev_net(dev), ifindex);
	if (unlikely(!dev))
		return -ENODEV;
	*mtu = READ_ONCE(dev->mtu);
	if (wanted)
		len = wanted + dev->hard_header_len;
	return len + more <= (int)(*mtu + dev->hard_header_len);
}

VOUCH_HELPER(xdp_check_mtu)
{
	struct xdp_buff *xdp = (struct xdp_buff *)(unsigned long)r1;
	u32 *mtu = (u32 *)(unsigned long)r3;
	int fits;

	if (unlikely(r5)) {
		*mtu = 0;
		return -EINVAL;
	}
	fits = check_mtu(xdp->rxq->dev, r2, mtu, xdp->data_end - xdp->data, r4);
	if (unlikely(fits < 0))
		return fits;
	return fits ? BPF_MTU_CHK_RET_SUCCESS : BPF_MTU_CHK_RET_FRAG_NEEDED;
}

VOUCH_HELPER(skb_check_mtu)
{
	struct sk_buff *skb = (struct sk_buff *)(unsigned long)r1;
	u32 *mtu = (u32 *)(unsigned long)r3, wanted = *mtu;
	int fits;

	if (unlikely(r5 & ~(u64)BPF_MTU_CHK_SEGS ||
		     (r5 && ((s32)r4 || wanted)))) {
		*mtu = 0;
		return -EINVAL;
	}
	fits = check_mtu(skb->dev, r2, mtu, skb->len, r4);
	if (unlikely(fits < 0))
		return fits;
	if (fits || (skb_is_gso(skb) && !r5))
		return BPF_MTU_CHK_RET_SUCCESS;
	if (!skb_is_gso(skb))
		return BPF_MTU_CHK_RET_FRAG_NEEDED;
	if (!skb_transport_header_was_set(skb)) {
		*mtu = wanted;
		return -EINVAL;
	}
	return skb_gso_validate_network_len(skb, *mtu)
		       ? BPF_MTU_CHK_RET_SUCCESS
		       : BPF_MTU_CHK_RET_SEGS_TOOBIG;
}
