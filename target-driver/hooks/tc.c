// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks "tc:IFNAME:ingress" and "tc:IFNAME:egress", with direct action:
 * what a program returns is what becomes of the packet, as with net/sched's
 * cls_bpf.
 */

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <net/pkt_cls.h>
#include <net/sch_generic.h>

#include "hooks/ingress.h"
#include "hooks/kind.h"

static const char *const ways[] = {
	[VOUCH_WAY_IN] = ":ingress",
	[VOUCH_WAY_OUT] = ":egress",
};

static bool takes(const struct vouch_req_prog *p)
{
	const u32 type = le32_to_cpu(p->type);

	return type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SCHED_ACT;
}

static enum vouch_way way_of(const struct vouch_attachment *a)
{
	return strcmp(a->place, ways[VOUCH_WAY_IN]) ? VOUCH_WAY_OUT
						    : VOUCH_WAY_IN;
}

static int find(struct vouch_attachment *a, struct vouch_reason *why)
{
	const char *way = strchrnul(a->place, ':');

	if (strcmp(way, ways[VOUCH_WAY_IN]) && strcmp(way, ways[VOUCH_WAY_OUT]))
		return vouch_refuse(
			why, -EINVAL,
			"hook tc:%.64s: is not tc:IFNAME:ingress or tc:IFNAME:egress",
			a->place);
	return vouch_kind_find_dev(a, way - a->place, why);
}

static vouch_untraced int to_action(u32 ret)
{
	switch ((int)ret) {
	case TC_ACT_OK:
	case TC_ACT_SHOT:
	case TC_ACT_STOLEN:
	case TC_ACT_TRAP:
	case TC_ACT_REDIRECT:
		return ret;
	default:
		return TC_ACT_UNSPEC;
	}
}

/* What lies there belongs to whoever called us. */
static vouch_untraced u32 run_on(const struct vouch_runner *r,
				 struct sk_buff *skb)
{
	struct bpf_skb_data_end *cb = (struct bpf_skb_data_end *)skb->cb;
	void *meta = cb->data_meta, *end = cb->data_end;
	u32 ret;

	bpf_compute_data_pointers(skb);
	ret = vouch_runner_run(r, skb);
	cb->data_meta = meta;
	cb->data_end = end;
	return ret;
}

static vouch_untraced int classify(struct sk_buff *skb,
				   const struct tcf_proto *tp,
				   struct tcf_result *res)
{
	const struct vouch_attachment *a = rcu_dereference_bh(tp->root);
	const struct vouch_runner *r = rcu_dereference_bh(a->runner);
	u32 ret;

	qdisc_skb_cb(skb)->tc_classid = 0;
	if (skb_at_tc_ingress(skb)) {
		__skb_push(skb, skb->mac_len);
		ret = run_on(r, skb);
		__skb_pull(skb, skb->mac_len);
	} else {
		ret = run_on(r, skb);
	}
	if (unlikely(!skb->tstamp && skb->mono_delivery_time))
		skb->mono_delivery_time = 0;
	res->class = 0;
	res->classid = qdisc_skb_cb(skb)->tc_classid;
	return to_action(ret);
}

static int attach(struct vouch_attachment *a, struct vouch_reason *why)
{
	return vouch_ingress_open(a->dev, way_of(a), classify,
				  (void __force __rcu *)a, why);
}

static int detach(struct vouch_attachment *a, struct vouch_reason *why)
{
	vouch_ingress_close(a->dev, way_of(a));
	return 0;
}

const struct vouch_hook_kind vouch_tc_kind = {
	.prefix = "tc",
	.size = sizeof(struct vouch_attachment),
	.takes = takes,
	.find = find,
	.attach = attach,
	.detach = detach,
	.drain = synchronize_net,
};
