// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the instructions LD_ABS and LD_IND call: bytes of a packet, in host
 * order. The meaning is that of net/core/filter.c; r1 is the packet, r2 the
 * offset, which is from a header if it is negative. A result below 0 ends the
 * program.
 */

#include <linux/filter.h>
#include <linux/skbuff.h>
#include <asm/unaligned.h>

#include "helpers/export.h"
#include "helpers/skb.h"

/* What a classic filter's offset means; INT_MIN is none. */
static vouch_untraced int to_offset(const struct sk_buff *skb, int offset)
{
	if (likely(offset >= 0))
		return offset;
	if (offset >= SKF_NET_OFF)
		return offset - SKF_NET_OFF + skb_network_offset(skb);
	if (offset >= SKF_LL_OFF && skb_mac_header_was_set(skb))
		return offset - SKF_LL_OFF + skb_mac_offset(skb);
	return INT_MIN;
}

static __always_inline const void *find(u64 r1, u64 r2, int len, void *copy)
{
	const struct sk_buff *skb = vouch_skb_of(r1);
	int offset = to_offset(skb, r2);

	if (unlikely(offset == INT_MIN))
		return NULL;
	if (likely((int)skb_headlen(skb) - offset >= len))
		return skb->data + offset;
	return skb_copy_bits(skb, offset, copy, len) ? NULL : copy;
}

VOUCH_HELPER(skb_load_8)
{
	u8 copy;
	const u8 *from = find(r1, r2, sizeof(copy), &copy);

	return from ? *from : -EFAULT;
}

VOUCH_HELPER(skb_load_16)
{
	__be16 copy;
	const void *from = find(r1, r2, sizeof(copy), &copy);

	return from ? get_unaligned_be16(from) : -EFAULT;
}

VOUCH_HELPER(skb_load_32)
{
	__be32 copy;
	const void *from = find(r1, r2, sizeof(copy), &copy);

	/* A word is never below 0, whatever its highest bit. */
	return from ? (s64)get_unaligned_be32(from) : -EFAULT;
}
