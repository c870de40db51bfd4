// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <net/xdp.h>

#include "helpers/export.h"
#include "hooks/redirect.h"
#include "maps/cpumap.h"
#include "maps/devmap.h"

/* What a flag of bpf_redirect_map() may say beside the action on failure. */
#define ACTIONS (XDP_ABORTED | XDP_DROP | XDP_PASS | XDP_TX)
#define DEV_FLAGS (BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS)

/* Where the program on this CPU wants its frame: an interface, or an entry. */
struct target {
	u32 ifindex; /* 0: none */
	struct vouch_map *map; /* NULL: none */
	u32 key;
	u64 flags;
};

static DEFINE_PER_CPU(struct target, target);

VOUCH_HELPER(xdp_redirect)
{
	struct target *t = this_cpu_ptr(&target);

	if (unlikely(r2))
		return XDP_ABORTED;
	*t = (struct target){ .ifindex = r1 };
	return XDP_REDIRECT;
}

/* The meaning is __bpf_xdp_redirect_map()'s. */
static __always_inline u64 redirect_map(u64 r1, u32 key, u64 flags, u64 known,
					bool found)
{
	struct vouch_map_block *block = (void *)(unsigned long)r1;
	struct target *t = this_cpu_ptr(&target);

	if (unlikely(flags & ~(u64)(ACTIONS | known)))
		return XDP_ABORTED;
	if (unlikely(!found && !(flags & BPF_F_BROADCAST))) {
		*t = (struct target){};
		return flags & ACTIONS;
	}
	*t = (struct target){ .map = block->map, .key = key };
	if (flags & BPF_F_BROADCAST)
		t->flags = flags;
	return XDP_REDIRECT;
}

static __always_inline struct vouch_map *map_of(u64 r1)
{
	return ((struct vouch_map_block *)(unsigned long)r1)->map;
}

/* r1 map, r2 key, r3 flags */
VOUCH_HELPER(devmap_redirect)
{
	return redirect_map(r1, r2, r3, DEV_FLAGS,
			    vouch_devmap_dev(map_of(r1), r2));
}

VOUCH_HELPER(devmap_hash_redirect)
{
	return redirect_map(r1, r2, r3, DEV_FLAGS,
			    vouch_devmap_dev(map_of(r1), r2));
}

VOUCH_HELPER(cpumap_redirect)
{
	return redirect_map(r1, r2, r3, 0, vouch_cpumap_has(map_of(r1), r2));
}

VOUCH_HELPER(xdp_redirect_map)
{
	switch (map_of(r1)->def.type) {
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
		return vouch_bpf_devmap_redirect(r1, r2, r3, r4, r5);
	case BPF_MAP_TYPE_CPUMAP:
		return vouch_bpf_cpumap_redirect(r1, r2, r3, r4, r5);
	default:
		return XDP_ABORTED; /* the verifier lets no other through */
	}
}

vouch_untraced void vouch_redirect_clear(void)
{
	*this_cpu_ptr(&target) = (struct target){};
}

/* Its own page, with the frame's head where drivers expect it. */
static struct xdp_frame *copy_frame(const struct xdp_buff *xdp, u32 len)
{
	struct xdp_frame *frame;
	struct page *page;

	if (len > SKB_WITH_OVERHEAD(PAGE_SIZE - XDP_PACKET_HEADROOM))
		return NULL;
	page = dev_alloc_page();
	if (!page)
		return NULL;
	frame = page_address(page);
	memset(frame, 0, sizeof(*frame));
	frame->data = page_address(page) + XDP_PACKET_HEADROOM;
	frame->len = len;
	frame->headroom = XDP_PACKET_HEADROOM - sizeof(*frame);
	frame->frame_sz = PAGE_SIZE;
	frame->mem.type = MEM_TYPE_PAGE_ORDER0;
	frame->dev_rx = xdp->rxq->dev;
	memcpy(frame->data, xdp->data, len);
	return frame;
}

static bool transmit(struct net_device *dev, const struct xdp_buff *xdp)
{
	u32 len = xdp->data_end - xdp->data;
	struct xdp_frame *frame;

	if (!dev->netdev_ops->ndo_xdp_xmit || xdp_ok_fwd_dev(dev, len))
		return false;
	frame = copy_frame(xdp, len);
	if (!frame)
		return false;
	if (dev->netdev_ops->ndo_xdp_xmit(dev, 1, &frame, XDP_XMIT_FLUSH) == 1)
		return true;
	xdp_return_frame(frame); /* the driver left it to us */
	return false;
}

/* What vouch_devmap_each() is given. */
struct broadcast {
	const struct xdp_buff *xdp;
	bool exclude;
};

/* Is the interface one that stands right above the other? */
static bool is_upper(const struct net_device *dev, struct net_device *of)
{
	struct net_device *upper;
	struct list_head *iter;

	netdev_for_each_upper_dev_rcu(of, upper, iter)
		if (upper == dev)
			return true;
	return false;
}

static int transmit_each(struct net_device *dev, void *data)
{
	const struct broadcast *b = data;
	struct net_device *from = b->xdp->rxq->dev;

	/* One that does not take it does not keep it from the others. */
	if (!b->exclude || (dev != from && !is_upper(dev, from)))
		transmit(dev, b->xdp);
	return 0;
}

static bool send_to_map(const struct target *t, struct xdp_buff *xdp)
{
	struct broadcast b = {
		.xdp = xdp,
		.exclude = t->flags & BPF_F_EXCLUDE_INGRESS,
	};
	struct net_device *dev;

	if (t->map->def.type == BPF_MAP_TYPE_CPUMAP)
		return vouch_cpumap_send(t->map, t->key, xdp);
	if (xdp_buff_has_frags(xdp))
		return false;
	if (t->flags & BPF_F_BROADCAST) {
		vouch_devmap_each(t->map, transmit_each, &b);
		return true;
	}
	dev = vouch_devmap_dev(t->map, t->key);
	return dev && transmit(dev, xdp);
}

static bool send_to_dev(u32 ifindex, struct xdp_buff *xdp)
{
	struct net_device *dev;

	/* As the kernel: frames of several buffers are not redirected. */
	if (!ifindex || xdp_buff_has_frags(xdp))
		return false;
	dev = dev_get_by_index_rcu(dev_net(xdp->rxq->dev), ifindex);
	return dev && transmit(dev, xdp);
}

u32 vouch_redirect_xdp(struct xdp_buff *xdp)
{
	struct target t = *this_cpu_ptr(&target);
	bool sent;

	vouch_redirect_clear();
	rcu_read_lock();
	sent = t.map ? send_to_map(&t, xdp) : send_to_dev(t.ifindex, xdp);
	rcu_read_unlock();
	return sent ? XDP_DROP : XDP_ABORTED;
}
