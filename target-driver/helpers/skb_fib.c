// SPDX-License-Identifier: GPL-2.0-only
/* Where a packet of a tc program would be forwarded to. */

#include "helpers/export.h"
#include "helpers/fib.h"
#include "helpers/skb.h"

VOUCH_HELPER(skb_fib_lookup)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	struct vouch_fib fib = {
		.net = dev_net(skb->dev),
		.params = (struct bpf_fib_lookup *)(unsigned long)r2,
		.flags = r4,
	};
	int found;

	/* Of fewer bytes nothing is looked at. */
	fib.check_mtu = (u32)r3 >= sizeof(*fib.params) && fib.params->tot_len;
	found = vouch_fib_lookup(&fib, r3);
	if (found == BPF_FIB_LKUP_RET_SUCCESS && !fib.check_mtu) {
		/* What is to go out is held against the interface. */
		if (!is_skb_forwardable(fib.dev, skb))
			found = BPF_FIB_LKUP_RET_FRAG_NEEDED;
		fib.params->mtu_result = READ_ONCE(fib.dev->mtu);
	}
	return (s64)found;
}
