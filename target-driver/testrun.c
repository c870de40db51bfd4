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
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/xdp.h>

#include "testrun.h"

#define MAX_REPEAT 1000000u

/* One test-run. */
struct testrun {
	struct vouch_target_test_run *t;
	vouch_entry_fn entry;
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

/* What lies behind a struct xdp_md must be zero. */
static int check_md_tail(const struct vouch_target_test_run *t)
{
	const void __user *tail = u64_to_user_ptr(t->ctx_in);
	int ok;

	if (t->ctx_size_in > PAGE_SIZE)
		return -E2BIG;
	if (t->ctx_size_in <= sizeof(struct xdp_md))
		return 0;
	ok = check_zeroed_user(tail + sizeof(struct xdp_md),
			       t->ctx_size_in - sizeof(struct xdp_md));
	if (ok < 0)
		return ok;
	return ok ? 0 : -E2BIG;
}

static int read_md(struct testrun *r)
{
	const struct vouch_target_test_run *t = r->t;
	u32 len = min_t(u32, t->ctx_size_in, sizeof(r->md));
	int err;

	r->has_md = t->ctx_in || t->ctx_out;
	if (!t->ctx_in)
		return 0;
	err = check_md_tail(t);
	if (err)
		return err;
	return copy_from_user(&r->md, u64_to_user_ptr(t->ctx_in), len) ? -EFAULT
								       : 0;
}

static int measure(struct testrun *r)
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

static int read_linear(struct testrun *r)
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

static void prepare(struct testrun *r)
{
	struct net_device *lo = current->nsproxy->net_ns->loopback_dev;

	r->rxq = lo->_rx[0].xdp_rxq;
	r->rxq.frag_size = PAGE_SIZE;
	xdp_init_buff(&r->xdp, r->rxq.frag_size, &r->rxq);
	xdp_prepare_buff(&r->xdp, r->data, r->headroom, r->linear_len, true);
	r->frags = xdp_get_shared_info_from_buff(&r->xdp);
}

static int apply_md(struct testrun *r)
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

static int read_frag(struct testrun *r, u32 pos)
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

static int read_frags(struct testrun *r)
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

/* The program runs as at the hook: under RCU, on one CPU, without softirqs. */
static void enter(u64 *start) __acquires(RCU)
{
	rcu_read_lock();
	local_bh_disable();
	*start = ktime_get_ns();
}

static void leave(u64 *spent, u64 start) __releases(RCU)
{
	*spent += ktime_get_ns() - start;
	local_bh_enable();
	rcu_read_unlock();
}

static int run(struct testrun *r)
{
	const u32 repeat = max(r->t->repeat, 1u);
	u64 start, spent = 0;
	int err = 0;
	u32 i = 0;

	enter(&start);
	for (;;) {
		r->t->retval = r->entry(&r->xdp, NULL);
		if (++i >= repeat)
			break;
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		if (need_resched()) {
			leave(&spent, start);
			cond_resched();
			enter(&start);
		}
	}
	leave(&spent, start);
	r->t->duration = min_t(u64, div_u64(spent, i), U32_MAX);
	return err;
}

static int write_data(struct testrun *r, u32 size)
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

static int write_md(struct testrun *r)
{
	u32 room = r->t->ctx_size_out;

	if (!r->t->ctx_out)
		return 0;
	r->md.data = r->xdp.data - r->xdp.data_meta;
	r->md.data_end = r->xdp.data_end - r->xdp.data_meta;
	if (copy_to_user(u64_to_user_ptr(r->t->ctx_out), &r->md,
			 min_t(u32, room, sizeof(r->md))))
		return -EFAULT;
	r->t->ctx_size_out = sizeof(r->md);
	return room < sizeof(r->md) ? -ENOSPC : 0;
}

static int write_results(struct testrun *r)
{
	u32 size =
		r->xdp.data_end - r->xdp.data_meta + r->frags->xdp_frags_size;
	int err = write_data(r, size);

	return err ?: write_md(r);
}

static void clean_up(struct testrun *r)
{
	u32 i;

	for (i = 0; r->frags && i < r->frags->nr_frags; i++)
		__free_page(skb_frag_page(&r->frags->frags[i]));
	if (r->dev)
		dev_put(r->dev);
	kfree(r->data);
	kfree(r);
}

static int do_testrun(struct testrun *r)
{
	int err = read_md(r);

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
		err = run(r);
	if (!err)
		err = write_results(r);
	return err;
}

int vouch_testrun_xdp(struct vouch_loaded *l, u32 prog,
		      struct vouch_target_test_run *t, struct vouch_reason *why)
{
	const struct vouch_req_prog *p = &l->req.progs[prog];
	const u32 attach_type = le32_to_cpu(p->attach_type);
	struct testrun *r;
	int err = -EINVAL;

	if (le32_to_cpu(p->type) != BPF_PROG_TYPE_XDP)
		return vouch_refuse(
			why, -EOPNOTSUPP,
			"program %s: only XDP programs can be test-run",
			p->name);
	if (attach_type != BPF_XDP_DEVMAP && attach_type != BPF_XDP_CPUMAP &&
	    t->repeat <= MAX_REPEAT) {
		r = kzalloc(sizeof(*r), GFP_KERNEL);
		err = -ENOMEM;
		if (r) {
			r->t = t;
			r->entry = vouch_loaded_entry(l, prog);
			err = do_testrun(r);
			clean_up(r);
		}
	}
	if (err)
		vouch_refuse(
			why, err,
			"program %s: test-run failed (%d); check sizes, context and repeat (at most %u)",
			p->name, err, MAX_REPEAT);
	return err;
}
