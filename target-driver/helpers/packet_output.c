// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of packets in arrays of perf events; the meaning is that of
 * net/core/filter.c. r1 context, r2 map, r3 flags, r4 data, r5 bytes. The
 * flags' upper half has how many bytes of the packet follow the data.
 */

#include <linux/bpf.h>
#include <linux/minmax.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/xdp.h>

#include "helpers/export.h"
#include "maps/ringbuf.h"

/* Linear part and fragments, one behind the other. */
static vouch_untraced void copy_xdp(u8 *to, const struct xdp_buff *xdp, u32 len)
{
	const struct skb_shared_info *info;
	u32 n = min_t(u32, len, xdp->data_end - xdp->data), i;

	memcpy(to, xdp->data, n);
	if (!xdp_buff_has_frags((struct xdp_buff *)xdp))
		return;
	info = xdp_get_shared_info_from_buff((struct xdp_buff *)xdp);
	for (i = 0; i < info->nr_frags && n < len; i++) {
		u32 part = min_t(u32, len - n, skb_frag_size(&info->frags[i]));

		memcpy(to + n, skb_frag_address(&info->frags[i]), part);
		n += part;
	}
}

/* Begins a record and writes the program's own data. */
static vouch_untraced long begin(u64 r2, u64 flags, u64 r4, u64 len, u8 **to)
{
	struct vouch_map *map =
		((struct vouch_map_block *)(unsigned long)r2)->map;
	u64 more = (flags & BPF_F_CTXLEN_MASK) >> 32;
	long err = vouch_perf_array_begin(map, flags & BPF_F_INDEX_MASK,
					  len + more, to);

	if (!err)
		memcpy(*to, (void *)(unsigned long)r4, len);
	return err;
}

static __always_inline bool flags_ok(u64 flags)
{
	return !(flags & ~(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK));
}

VOUCH_HELPER(xdp_event_output)
{
	struct xdp_buff *xdp = (struct xdp_buff *)(unsigned long)r1;
	u64 len = (r3 & BPF_F_CTXLEN_MASK) >> 32;
	long err;
	u8 *to;

	if (unlikely(!flags_ok(r3)))
		return -EINVAL;
	if (unlikely(len > xdp_get_buff_len(xdp)))
		return -EFAULT;
	err = begin(r2, r3, r4, r5, &to);
	if (err)
		return err;
	copy_xdp(to + r5, xdp, len);
	vouch_perf_array_end(to);
	return 0;
}

VOUCH_HELPER(skb_event_output)
{
	const struct sk_buff *skb = (struct sk_buff *)(unsigned long)r1;
	u64 len = (r3 & BPF_F_CTXLEN_MASK) >> 32;
	long err;
	u8 *to;

	if (unlikely(!flags_ok(r3)))
		return -EINVAL;
	if (unlikely(len > skb->len))
		return -EFAULT;
	err = begin(r2, r3, r4, r5, &to);
	if (err)
		return err;
	if (len && skb_copy_bits(skb, 0, to + r5, len))
		memset(to + r5, 0, len);
	vouch_perf_array_end(to);
	return 0;
}
