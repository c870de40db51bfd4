// SPDX-License-Identifier: GPL-2.0-only
/* With the meaning of bpf_prog_test_run_skb() of net/bpf/test_run.c. */

#include <linux/bpf.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>
#include <net/sock.h>

#include "testrun/kind.h"

#define HEADROOM (NET_SKB_PAD + NET_IP_ALIGN)
#define TAILROOM SKB_DATA_ALIGN(sizeof(struct skb_shared_info))

/* One test-run. */
struct skb_run {
	struct vouch_testrun *run;
	struct __sk_buff ctx;
	bool has_ctx;
	bool is_l2; /* the program sees the Ethernet header */
	struct net_device *held; /* that ctx names, or NULL */
	struct sock *sk;
	struct sk_buff *skb;
};

/* Of a socket that no user has; packets seem to be its own. */
static struct proto proto = {
	.name = "vouch_test",
	.owner = THIS_MODULE,
	.obj_size = sizeof(struct sock),
};

#define MEMBER(member)                      \
	offsetof(struct __sk_buff, member), \
		sizeof_field(struct __sk_buff, member)

/* What the caller may give; everything else must be zero. */
static const struct {
	u16 offset, size;
} settable[] = {
	{ MEMBER(mark) },     { MEMBER(priority) }, { MEMBER(ingress_ifindex) },
	{ MEMBER(ifindex) },  { MEMBER(cb) },	    { MEMBER(tstamp) },
	{ MEMBER(wire_len) }, { MEMBER(gso_segs) }, { MEMBER(gso_size) },
	{ MEMBER(hwtstamp) },
};

static bool ctx_ok(const struct skb_run *r)
{
	struct __sk_buff rest = r->ctx;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settable); i++)
		memset((u8 *)&rest + settable[i].offset, 0, settable[i].size);
	return !memchr_inv(&rest, 0, sizeof(rest));
}

static int make_sock(struct skb_run *r)
{
	r->sk = sk_alloc(current->nsproxy->net_ns, AF_UNSPEC, GFP_USER, &proto,
			 1);
	if (!r->sk)
		return -ENOMEM;
	sock_init_data(NULL, r->sk);
	return 0;
}

/* The packet, at its Ethernet header. */
static int make_skb(struct skb_run *r)
{
	const struct vouch_target_test_run *t = r->run->t;
	const u32 size = t->data_size_in;
	u8 *data;

	if (size < ETH_HLEN || size > PAGE_SIZE - HEADROOM - TAILROOM)
		return -EINVAL;
	data = kzalloc(SKB_DATA_ALIGN(size) + HEADROOM + TAILROOM, GFP_USER);
	if (!data)
		return -ENOMEM;
	if (copy_from_user(data + HEADROOM, u64_to_user_ptr(t->data_in),
			   size)) {
		kfree(data);
		return -EFAULT;
	}
	r->skb = build_skb(data, 0);
	if (!r->skb) {
		kfree(data);
		return -ENOMEM;
	}
	skb_reserve(r->skb, HEADROOM);
	__skb_put(r->skb, size);
	return 0;
}

static struct net_device *find_dev(struct skb_run *r)
{
	struct net *net = current->nsproxy->net_ns;

	/* The first interface is the loopback interface. */
	if (r->ctx.ifindex <= 1)
		return net->loopback_dev;
	r->held = dev_get_by_index(net, r->ctx.ifindex);
	return r->held;
}

static int fill_sock_ipv4(struct sock *sk, const struct sk_buff *skb)
{
	if (skb_headlen(skb) < sizeof(struct iphdr))
		return -EINVAL;
	sk->sk_family = AF_INET;
	sk->sk_rcv_saddr = ip_hdr(skb)->saddr;
	sk->sk_daddr = ip_hdr(skb)->daddr;
	return 0;
}

static int fill_sock_ipv6(struct sock *sk, const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (skb_headlen(skb) < sizeof(struct ipv6hdr))
		return -EINVAL;
	sk->sk_family = AF_INET6;
	sk->sk_v6_rcv_saddr = ipv6_hdr(skb)->saddr;
	sk->sk_v6_daddr = ipv6_hdr(skb)->daddr;
#endif
	return 0;
}

static int fill_sock(struct sock *sk, const struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return fill_sock_ipv4(sk, skb);
	case htons(ETH_P_IPV6):
		return fill_sock_ipv6(sk, skb);
	default:
		return 0;
	}
}

/* As a packet that has just been received. */
static int receive(struct skb_run *r)
{
	struct net_device *dev = find_dev(r);
	struct sk_buff *skb = r->skb;
	int err;

	if (!dev)
		return -ENODEV;
	skb->sk = r->sk;
	skb->protocol = eth_type_trans(skb, dev);
	skb_reset_network_header(skb);
	err = fill_sock(r->sk, skb);
	if (err || !r->is_l2)
		return err;
	__skb_push(skb, ETH_HLEN);
	bpf_compute_data_pointers(skb);
	return 0;
}

static int apply_wire_len(const struct skb_run *r)
{
	const u32 len = r->ctx.wire_len;

	if (len && (len < r->skb->len || len > GSO_LEGACY_MAX_SIZE))
		return -EINVAL;
	qdisc_skb_cb(r->skb)->pkt_len = len ?: r->skb->len;
	return 0;
}

static int apply_ctx(struct skb_run *r)
{
	const struct __sk_buff *ctx = &r->ctx;
	struct sk_buff *skb = r->skb;
	int err;

	if (!r->has_ctx)
		return 0;
	if (!ctx_ok(r) || ctx->gso_segs > GSO_MAX_SEGS)
		return -EINVAL;
	err = apply_wire_len(r);
	if (err)
		return err;
	skb->mark = ctx->mark;
	skb->priority = ctx->priority;
	skb->skb_iif = ctx->ingress_ifindex;
	skb->tstamp = ctx->tstamp;
	memcpy(qdisc_skb_cb(skb)->data, ctx->cb, sizeof(ctx->cb));
	skb_shinfo(skb)->gso_segs = ctx->gso_segs;
	skb_shinfo(skb)->gso_size = ctx->gso_size;
	skb_shinfo(skb)->hwtstamps.hwtstamp = ctx->hwtstamp;
	return 0;
}

/* Where a program saw no Ethernet header, zeroes stand in its place. */
static int push_header(struct skb_run *r)
{
	struct sk_buff *skb = r->skb;
	int more = ETH_HLEN - skb_headroom(skb);

	if (r->is_l2)
		return 0;
	if (more > 0 &&
	    pskb_expand_head(skb, SKB_DATA_ALIGN(more), 0, GFP_USER))
		return -ENOMEM;
	memset(__skb_push(skb, ETH_HLEN), 0, ETH_HLEN);
	return 0;
}

static int write_ctx(struct skb_run *r)
{
	const struct sk_buff *skb = r->skb;
	struct __sk_buff *ctx = &r->ctx;

	if (!r->has_ctx)
		return 0;
	ctx->mark = skb->mark;
	ctx->priority = skb->priority;
	ctx->ingress_ifindex = skb->skb_iif;
	ctx->ifindex = skb->dev->ifindex;
	ctx->tstamp = skb->tstamp;
	memcpy(ctx->cb, qdisc_skb_cb(skb)->data, sizeof(ctx->cb));
	ctx->wire_len = qdisc_skb_cb(skb)->pkt_len;
	ctx->gso_segs = skb_shinfo(skb)->gso_segs;
	ctx->hwtstamp = skb_shinfo(skb)->hwtstamps.hwtstamp;
	return vouch_testrun_write_ctx(r->run, ctx, sizeof(*ctx));
}

static int write_results(struct skb_run *r)
{
	int err = push_header(r);

	if (!err)
		err = vouch_testrun_write_data(r->run, r->skb->data,
					       skb_headlen(r->skb));
	return err ?: write_ctx(r);
}

static void clean_up(struct skb_run *r)
{
	dev_put(r->held);
	kfree_skb(r->skb);
	if (r->sk)
		sk_free(r->sk);
	kfree(r);
}

static int do_run(struct skb_run *r)
{
	int err = make_skb(r);

	if (!err)
		err = vouch_testrun_read_ctx(r->run, &r->ctx, sizeof(r->ctx));
	if (!err)
		err = make_sock(r);
	if (!err)
		err = receive(r);
	if (!err)
		err = apply_ctx(r);
	if (!err)
		err = vouch_testrun_repeat(r->run, r->skb);
	if (!err)
		err = write_results(r);
	return err;
}

static bool is_l2(u32 type)
{
	return type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SCHED_ACT;
}

static int run(struct vouch_testrun *run)
{
	struct skb_run *r = kzalloc(sizeof(*r), GFP_KERNEL);
	int err;

	if (!r)
		return -ENOMEM;
	r->run = run;
	r->has_ctx = vouch_testrun_has_ctx(run);
	r->is_l2 = is_l2(run->type);
	err = do_run(r);
	clean_up(r);
	return err;
}

static bool takes(u32 type)
{
	return is_l2(type) || type == BPF_PROG_TYPE_SOCKET_FILTER;
}

const struct vouch_testrun_kind vouch_testrun_skb = {
	.takes = takes,
	.run = run,
};
