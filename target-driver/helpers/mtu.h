/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a packet fits an interface; the meaning is that of net/core/filter.c.
 * Helpers get: r1 packet, r2 interface or 0 for its own, r3 length in and MTU
 * out, r4 what would be added, r5 flags.
 */
#ifndef VOUCH_HELPERS_MTU_H
#define VOUCH_HELPERS_MTU_H

#include <linux/netdevice.h>

#include "helpers/export.h"

/**
 * vouch_mtu_check() - hold a packet's length against an interface's MTU.
 * @dev: the packet's interface
 * @ifindex: of another interface to take, or 0
 * @mtu: a length to take instead, without a header, or 0; set to the MTU
 * @len: of the packet, bytes
 * @more: bytes that would be added to it
 *
 * Return: 1 if it fits, 0 if not, or -ENODEV.
 */
static __always_inline int vouch_mtu_check(struct net_device *dev, u32 ifindex,
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

#endif /* VOUCH_HELPERS_MTU_H */
