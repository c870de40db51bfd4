// SPDX-License-Identifier: GPL-2.0-only
/* Where a frame of an XDP program would be forwarded to. */

#include <net/xdp.h>

#include "helpers/export.h"
#include "helpers/fib.h"

#define FLAGS                                            \
	(BPF_FIB_LOOKUP_DIRECT | BPF_FIB_LOOKUP_OUTPUT | \
	 BPF_FIB_LOOKUP_SKIP_NEIGH | BPF_FIB_LOOKUP_TBID | BPF_FIB_LOOKUP_SRC)

static vouch_untraced int lookup(struct vouch_fib *fib)
{
	switch (READ_ONCE(fib->params->family)) {
	case AF_INET:
		if (IS_ENABLED(CONFIG_INET))
			return vouch_fib_lookup_ipv4(fib);
		break;
	case AF_INET6:
		if (IS_ENABLED(CONFIG_IPV6))
			return vouch_fib_lookup_ipv6(fib);
		break;
	}
	return -EAFNOSUPPORT;
}

vouch_untraced int vouch_fib_lookup(struct vouch_fib *fib, u32 size)
{
	int found;

	if (size < sizeof(*fib->params) || fib->flags & ~(u32)FLAGS)
		return -EINVAL;
	/* A program's own is enough, but not what RCU's checks look for. */
	rcu_read_lock();
	found = lookup(fib);
	rcu_read_unlock();
	return found;
}

VOUCH_HELPER(xdp_fib_lookup)
{
	struct xdp_buff *xdp = (struct xdp_buff *)(unsigned long)r1;
	struct vouch_fib fib = {
		.net = dev_net(xdp->rxq->dev),
		.params = (struct bpf_fib_lookup *)(unsigned long)r2,
		.flags = r4,
		.check_mtu = true,
	};

	return (s64)vouch_fib_lookup(&fib, r3);
}
