// SPDX-License-Identifier: GPL-2.0-only
/* With the meaning of bpf_prog_test_run_xdp() of net/bpf/test_run.c. */

#include <linux/bpf.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/xdp.h>

#include "testrun/kind.h"

/* One test-run. */
struct xdp_run {
	struct vouch_testrun *run;
	struct vouch_target_test_run *t;
	struct xdp_md md;
	bool has_md;
	struct net_device *dev; /* that md names, held */
	struct xdp_rxq_info rxq; /* the loopback interface's, copied */
	struct xdp_buff xdp;
	struct skb_shared_info *frags;
	u32 headroom, meta_len, linear_len, max_linear_len;
	u8 *data;
};

static u32 tailroom(void)
{
	return SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
}

static int measure(struct xdp_run *r)
{
	const struct vouch_target_test_run *t = r->t;
	const struct xdp_md *md = &r->md;

	r->headroom = XDP_PACKET_HEADROOM;
	r->linear_len = t->data_size_in;
	if (r->has_md) {
		if (md->data_meta || md->data_end > t->data_size_in ||
		    md->data > md->data_end)
			return -EINVAL;
		r->meta_len = md->data;
		if (xdp_metalen_invalid(r->meta_len) ||
		    r->meta_len > r->headroom - sizeof(struct xdp_frame))
			return -EINVAL;
		r->headroom -= r->meta_len;
		r->linear_len = md->data_end;
	}
	r->max_linear_len = PAGE_SIZE - r->headroom - tailroom();
	r->linear_len = min(r->linear_len, r->max_linear_len);
	if (t->data_size_in < r->meta_len ||
	    t->data_size_in - r->meta_len < ETH_HLEN)
		return -EINVAL;
	return 0;
}

static int read_linear(struct xdp_run *r)
{
	r->data = kzalloc(SKB_DATA_ALIGN(r->max_linear_len) + r->headroom +
				  tailroom(),
			  GFP_USER);
	if (!r->data)
		return -ENOMEM;
	return copy_from_user(r->data + r->headroom,
			      u64_to_user_ptr(r->t->data_in), r->linear_len)
		       ? -EFAULT
		       : 0;
}

static void prepare(struct xdp_run *r)
{
	struct net_device *lo = current->nsproxy->net_ns->loopback_dev;

	r->rxq = lo->_rx[0].xdp_rxq;
	r->rxq.frag_size = PAGE_SIZE;
	xdp_init_buff(&r->xdp, r->rxq.frag_size, &r->rxq);
	xdp_prepare_buff(&r->xdp, r->data, r->headroom, r->linear_len, true);
	r->frags = xdp_get_shared_info_from_buff(&r->xdp);
}

static int apply_md(struct xdp_run *r)
{
	const struct xdp_md *md = &r->md;
	struct net_device *dev;

	if (!r->has_md)
		return 0;
	if (md->egress_ifindex || (!md->ingress_ifindex && md->rx_queue_index))
		return -EINVAL;
	if (md->ingress_ifindex) {
		dev = dev_get_by_index(current->nsproxy->net_ns,
				       md->ingress_ifindex);
		if (!dev)
			return -ENODEV;
		r->dev = dev;
		if (md->rx_queue_index >= dev->real_num_rx_queues ||
		    !xdp_rxq_info_is_reg(&dev->_rx[md->rx_queue_index].xdp_rxq))
			return -EINVAL;
		r->xdp.rxq = &dev->_rx[md->rx_queue_index].xdp_rxq;
	}
	r->xdp.data = r->xdp.data_meta + md->data;
	return 0;
}

static int read_frag(struct xdp_run *r, u32 pos)
{
	u32 len = min_t(u32, r->t->data_size_in - pos, PAGE_SIZE);
	struct page *page;
	skb_frag_t *frag;

	if (r->frags->nr_frags == MAX_SKB_FRAGS)
		return -ENOMEM;
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	frag = &r->frags->frags[r->frags->nr_frags++];
	__skb_frag_set_page(frag, page);
	skb_frag_off_set(frag, 0);
	skb_frag_size_set(frag, len);
	if (copy_from_user(page_address(page),
			   u64_to_user_ptr(r->t->data_in) + pos, len))
		return -EFAULT;
	r->frags->xdp_frags_size += len;
	return len;
}

static int read_frags(struct xdp_run *r)
{
	u32 pos = r->linear_len;
	int len;

	if (pos == r->t->data_size_in)
		return 0;
	while (pos < r->t->data_size_in) {
		len = read_frag(r, pos);
		if (len < 0)
			return len;
		pos += len;
	}
	xdp_buff_set_frags_flag(&r->xdp);
	return 0;
}

static int write_data(struct xdp_run *r, u32 size)
{
	void __user *out = u64_to_user_ptr(r->t->data_out);
	u32 room = r->t->data_size_out ?: size, pos, i;
	int linear = min(size, room) - r->frags->xdp_frags_size;
	int err = room < size ? -ENOSPC : 0;

	r->t->data_size_out = size;
	if (!r->t->data_out)
		return err;
	if (linear < 0)
		return -ENOSPC;
	if (copy_to_user(out, r->xdp.data_meta, linear))
		return -EFAULT;
	pos = linear;
	for (i = 0; i < r->frags->nr_frags && pos < min(size, room); i++) {
		skb_frag_t *frag = &r->frags->frags[i];
		u32 len =
			min_t(u32, min(size, room) - pos, skb_frag_size(frag));

		if (copy_to_user(out + pos, skb_frag_address(frag), len))
			return -EFAULT;
		pos += len;
	}
	return err;
}

static int write_md(struct xdp_run *r)
{
	r->md.data = r->xdp.data - r->xdp.data_meta;
	r->md.data_end = r->xdp.data_end - r->xdp.data_meta;
	return vouch_testrun_write_ctx(r->run, &r->md, sizeof(r->md));
}

static int write_results(struct xdp_run *r)
{
	u32 size =
		r->xdp.data_end - r->xdp.data_meta + r->frags->xdp_frags_size;
	int err = write_data(r, size);

	return err ?: write_md(r);
}

static void clean_up(struct xdp_run *r)
{
	u32 i;

	for (i = 0; r->frags && i < r->frags->nr_frags; i++)
		__free_page(skb_frag_page(&r->frags->frags[i]));
	if (r->dev)
		dev_put(r->dev);
	kfree(r->data);
	kfree(r);
}

static int do_run(struct xdp_run *r)
{
	int err = vouch_testrun_read_ctx(r->run, &r->md, sizeof(r->md));

	if (!err)
		err = measure(r);
	if (!err)
		err = read_linear(r);
	if (err)
		return err;
	prepare(r);
	err = apply_md(r);
	if (!err)
		err = read_frags(r);
	if (!err)
		err = vouch_testrun_repeat(r->run, &r->xdp);
	if (!err)
		err = write_results(r);
	return err;
}

static int run(struct vouch_testrun *run)
{
	struct xdp_run *r;
	int err;

	if (run->attach_type == BPF_XDP_DEVMAP ||
	    run->attach_type == BPF_XDP_CPUMAP)
		return -EINVAL;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->run = run;
	r->t = run->t;
	r->has_md = vouch_testrun_has_ctx(run);
	err = do_run(r);
	clean_up(r);
	return err;
}

static bool takes(u32 type)
{
	return type == BPF_PROG_TYPE_XDP;
}

const struct vouch_testrun_kind vouch_testrun_xdp = {
	.takes = takes,
	.run = run,
};
