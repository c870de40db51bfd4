// SPDX-License-Identifier: GPL-2.0-only
/* Whether an XDP program's frame fits an interface. */

#include <linux/filter.h>
#include <net/xdp.h>

#include "helpers/mtu.h"

VOUCH_HELPER(xdp_check_mtu)
{
	struct xdp_buff *xdp = (struct xdp_buff *)(unsigned long)r1;
	u32 *mtu = (u32 *)(unsigned long)r3;
	int fits;

	if (unlikely(r5)) {
		*mtu = 0;
		return -EINVAL;
	}
	fits = vouch_mtu_check(xdp->rxq->dev, r2, mtu,
			       xdp->data_end - xdp->data, r4);
	if (unlikely(fits < 0))
		return fits;
	return fits ? BPF_MTU_CHK_RET_SUCCESS : BPF_MTU_CHK_RET_FRAG_NEEDED;
}
