// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <net/xdp.h>

#include "helpers/export.h"
#include "hooks/redirect.h"

/* The interface that the program on this CPU named; 0 if none. */
static DEFINE_PER_CPU(u32, target);

VOUCH_HELPER(xdp_redirect)
{
	if (unlikely(r2))
		return XDP_ABORTED;
	this_cpu_write(target, r1);
	return XDP_REDIRECT;
}

vouch_untraced void vouch_redirect_clear(void)
{
	this_cpu_write(target, 0);
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

u32 vouch_redirect_xdp(struct xdp_buff *xdp)
{
	u32 ifindex = this_cpu_xchg(target, 0), act = XDP_ABORTED;
	struct net_device *dev;

	/* As the kernel: frames of several buffers are not redirected. */
	if (!ifindex || xdp_buff_has_frags(xdp))
		return act;
	rcu_read_lock();
	dev = dev_get_by_index_rcu(dev_net(xdp->rxq->dev), ifindex);
	if (dev && transmit(dev, xdp))
		act = XDP_DROP;
	rcu_read_unlock();
	return act;
}
