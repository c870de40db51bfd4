// SPDX-License-Identifier: GPL-2.0-only
/* Packets; the meaning is that of net/core/filter.c. */

#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <net/checksum.h>
#include <net/xdp.h>

#include "helpers/export.h"

/* As much as a program's stack can hold. */
struct scratch {
	__be32 diff[MAX_BPF_STACK / sizeof(__be32)];
};

static DEFINE_PER_CPU(struct scratch, scratch);

static __always_inline struct xdp_buff *xdp_of(u64 r1)
{
	return (struct xdp_buff *)(unsigned long)r1;
}

static vouch_untraced u64 csum_diff(const __be32 *from, u32 from_size,
				    const __be32 *to, u32 to_size, __wsum seed)
{
	struct scratch *s = this_cpu_ptr(&scratch);
	u32 size = from_size + to_size, i, n = 0;

	if (unlikely(((from_size | to_size) & (sizeof(__be32) - 1)) ||
		     size > sizeof(s->diff)))
		return -EINVAL;
	for (i = 0; i < from_size / sizeof(__be32); i++)
		s->diff[n++] = ~from[i];
	for (i = 0; i < to_size / sizeof(__be32); i++)
		s->diff[n++] = to[i];
	return (__force u32)csum_partial(s->diff, size, seed);
}

VOUCH_HELPER(csum_diff)
{
	return csum_diff((const __be32 *)(unsigned long)r1, r2,
			 (const __be32 *)(unsigned long)r3, r4,
			 (__force __wsum)(u32)r5);
}

static vouch_untraced unsigned long meta_len(const struct xdp_buff *xdp)
{
	return xdp_data_meta_unsupported(xdp) ? 0 : xdp->data - xdp->data_meta;
}

VOUCH_HELPER(xdp_adjust_head)
{
	struct xdp_buff *xdp = xdp_of(r1);
	int offset = r2;
	unsigned long meta = meta_len(xdp);
	void *first = xdp->data_hard_start + sizeof(struct xdp_frame) + meta;
	void *data = xdp->data + offset;

	if (unlikely(data < first || data > xdp->data_end - ETH_HLEN))
		return -EINVAL;
	if (meta)
		memmove(xdp->data_meta + offset, xdp->data_meta, meta);
	xdp->data_meta += offset;
	xdp->data = data;
	return 0;
}

VOUCH_HELPER(xdp_adjust_meta)
{
	struct xdp_buff *xdp = xdp_of(r1);
	void *first = xdp->data_hard_start + sizeof(struct xdp_frame);
	void *meta = xdp->data_meta + (int)r2;

	if (xdp_data_meta_unsupported(xdp))
		return -ENOTSUPP;
	if (unlikely(meta < first || meta > xdp->data))
		return -EINVAL;
	if (unlikely(xdp_metalen_invalid(xdp->data - meta)))
		return -EACCES;
	xdp->data_meta = meta;
	return 0;
}

static vouch_untraced u64 grow_frags(struct xdp_buff *xdp, int offset)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);
	skb_frag_t *frag = &info->frags[info->nr_frags - 1];
	const struct xdp_rxq_info *rxq = xdp->rxq;
	int room;

	if (!rxq->frag_size || rxq->frag_size > xdp->frame_sz)
		return -EOPNOTSUPP;
	room = rxq->frag_size - skb_frag_size(frag) -
	       skb_frag_off(frag) % rxq->frag_size;
	if (unlikely(offset > room))
		return -EINVAL;
	memset(skb_frag_address(frag) + skb_frag_size(frag), 0, offset);
	skb_frag_size_add(frag, offset);
	info->xdp_frags_size += offset;
	return 0;
}

/* __xdp_return() is not exported; a frame of one page comes to the same. */
static vouch_untraced void return_page(struct xdp_buff *xdp, struct page *page)
{
	struct xdp_frame frame = {
		.data = page_address(page),
		.mem = xdp->rxq->mem,
	};

	xdp_return_frame(&frame);
}

static vouch_untraced u64 shrink_frags(struct xdp_buff *xdp, int offset)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);

	if (unlikely(offset > (int)xdp_get_buff_len(xdp) - ETH_HLEN))
		return -EINVAL;
	while (info->nr_frags && offset > 0) {
		skb_frag_t *frag = &info->frags[info->nr_frags - 1];
		int cut = min_t(int, offset, skb_frag_size(frag));

		offset -= cut;
		info->xdp_frags_size -= cut;
		if (skb_frag_size(frag) != cut) {
			skb_frag_size_sub(frag, cut);
			break;
		}
		return_page(xdp, skb_frag_page(frag));
		info->nr_frags--;
	}
	if (unlikely(!info->nr_frags)) {
		xdp_buff_clear_frags_flag(xdp);
		xdp_buff_clear_frag_pfmemalloc(xdp);
		xdp->data_end -= offset;
	}
	return 0;
}

VOUCH_HELPER(xdp_adjust_tail)
{
	struct xdp_buff *xdp = xdp_of(r1);
	int offset = r2;
	void *end = xdp->data_end + offset;

	if (unlikely(xdp_buff_has_frags(xdp)))
		return offset < 0 ? shrink_frags(xdp, -offset)
				  : grow_frags(xdp, offset);
	if (unlikely(end > xdp_data_hard_end(xdp) ||
		     end < xdp->data + ETH_HLEN))
		return -EINVAL;
	/* What lies there may be another's. */
	if (offset > 0)
		memset(xdp->data_end, 0, offset);
	xdp->data_end = end;
	return 0;
}

VOUCH_HELPER(xdp_get_buff_len)
{
	return xdp_get_buff_len(xdp_of(r1));
}

/* Copies from or to a frame, whose bytes may be in several places. */
static vouch_untraced void copy_bytes(struct xdp_buff *xdp, u32 offset,
				      u8 *bytes, u32 len, bool store)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);
	u32 size = xdp->data_end - xdp->data, i = 0, n;
	u8 *part = xdp->data;

	for (;;) {
		if (offset < size) {
			n = min(len, size - offset);
			if (store)
				memcpy(part + offset, bytes, n);
			else
				memcpy(bytes, part + offset, n);
			offset += n;
			bytes += n;
			len -= n;
		}
		if (!len || !xdp_buff_has_frags(xdp) || i == info->nr_frags)
			return;
		offset -= size;
		part = skb_frag_address(&info->frags[i]);
		size = skb_frag_size(&info->frags[i]);
		i++;
	}
}

static vouch_untraced u64 access_bytes(u64 r1, u32 offset, u64 r3, u32 len,
				       bool store)
{
	struct xdp_buff *xdp = xdp_of(r1);

	if (unlikely(offset > 0xffff || len > 0xffff))
		return -EFAULT;
	if (offset + len > xdp_get_buff_len(xdp))
		return -EINVAL;
	copy_bytes(xdp, offset, (u8 *)(unsigned long)r3, len, store);
	return 0;
}

/* r2 offset, r3 bytes, r4 length */
VOUCH_HELPER(xdp_load_bytes)
{
	return access_bytes(r1, r2, r3, r4, false);
}

VOUCH_HELPER(xdp_store_bytes)
{
	return access_bytes(r1, r2, r3, r4, true);
}
