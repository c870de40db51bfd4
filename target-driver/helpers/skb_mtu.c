// SPDX-License-Identifier: GPL-2.0-only
/* Whether a packet of a tc program fits an interface. */

#include <linux/filter.h>
#include <linux/skbuff.h>

#include "helpers/mtu.h"

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
	fits = vouch_mtu_check(skb->dev, r2, mtu, skb->len, r4);
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
