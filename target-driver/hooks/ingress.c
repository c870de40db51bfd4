// SPDX-License-Identifier: GPL-2.0-only

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/pkt_cls.h>
#include <net/pkt_sched.h>
#include <net/sch_generic.h>

#include "hooks/hook.h"
#include "hooks/ingress.h"
#include "hooks/kind.h"

/* One way of an interface: what the core looks at, and what it calls. */
struct way {
	struct mini_Qdisc mini;
	struct tcf_proto proto;
};

/* In the place of a clsact qdisc. */
struct ingress {
	struct tcf_chain chain; /* for the core to read 0 from */
	struct way ways[2]; /* by enum vouch_way */
	bool leaving;
};

static struct mini_Qdisc __rcu **where(struct net_device *dev,
				       enum vouch_way way)
{
	return way == VOUCH_WAY_IN ? &dev->miniq_ingress : &dev->miniq_egress;
}

static int start(struct Qdisc *sch, struct nlattr *opt,
		 struct netlink_ext_ack *extack)
{
	struct ingress *q = qdisc_priv(sch);
	int i;

	for (i = 0; i < ARRAY_SIZE(q->ways); i++) {
		struct way *w = &q->ways[i];

		w->proto.chain = &q->chain;
		w->proto.protocol = htons(ETH_P_ALL);
		w->mini.filter_list = &w->proto;
		w->mini.cpu_bstats = sch->cpu_bstats;
		w->mini.cpu_qstats = sch->cpu_qstats;
	}
	net_inc_ingress_queue();
	net_inc_egress_queue();
	return 0;
}

/* By us, or because the interface goes or somebody put another there. */
static void destroy(struct Qdisc *sch)
{
	struct net_device *dev = qdisc_dev(sch);
	struct ingress *q = qdisc_priv(sch);
	int i;

	for (i = 0; i < ARRAY_SIZE(q->ways); i++)
		if (rtnl_dereference(*where(dev, i)) == &q->ways[i].mini)
			RCU_INIT_POINTER(*where(dev, i), NULL);
	if (!q->leaving)
		vouch_hook_gone(dev, &vouch_tc_kind);
	net_dec_ingress_queue();
	net_dec_egress_queue();
}

static struct Qdisc_ops ops = {
	.id = "vouch",
	.priv_size = sizeof(struct ingress),
	.static_flags = TCQ_F_INGRESS | TCQ_F_CPUSTATS,
	.init = start,
	.destroy = destroy,
	.owner = THIS_MODULE,
};

/* As dev_ingress_queue_create(), which modules cannot call. */
static struct netdev_queue *make_queue(struct net_device *dev)
{
	static struct lock_class_key key;
	struct netdev_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);

	if (!queue)
		return NULL;
	spin_lock_init(&queue->_xmit_lock);
	lockdep_set_class(&queue->_xmit_lock, &key);
	queue->xmit_lock_owner = -1;
	netdev_queue_numa_node_write(queue, NUMA_NO_NODE);
	queue->dev = dev;
	RCU_INIT_POINTER(queue->qdisc, &noop_qdisc);
	RCU_INIT_POINTER(queue->qdisc_sleeping, &noop_qdisc);
	rcu_assign_pointer(dev->ingress_queue, queue);
	return queue;
}

static struct Qdisc *find_qdisc(const struct net_device *dev)
{
	struct netdev_queue *queue = rtnl_dereference(dev->ingress_queue);

	return queue ? rtnl_dereference(queue->qdisc_sleeping) : &noop_qdisc;
}

static struct ingress *find(const struct net_device *dev)
{
	struct Qdisc *sch = find_qdisc(dev);

	return sch->ops == &ops ? qdisc_priv(sch) : NULL;
}

static int make(struct net_device *dev, struct vouch_reason *why)
{
	struct netdev_queue *queue = rtnl_dereference(dev->ingress_queue);
	struct Qdisc *sch = NULL;

	if (find_qdisc(dev) != &noop_qdisc)
		return vouch_refuse(
			why, -EBUSY,
			"interface %s: has an ingress or clsact qdisc that is not of vouch; remove it first (tc qdisc del)",
			dev->name);
	if (!queue)
		queue = make_queue(dev);
	if (queue)
		sch = qdisc_create_dflt(queue, &ops, TC_H_INGRESS, NULL);
	if (!sch)
		return vouch_refuse(why, -ENOMEM, "interface %s: out of memory",
				    dev->name);
	sch->handle = TC_H_MAKE(TC_H_INGRESS, 0);
	dev_graft_qdisc(queue, sch);
	return 0;
}

static void unmake(struct net_device *dev, struct ingress *q)
{
	if (rtnl_dereference(dev->miniq_ingress) ||
	    rtnl_dereference(dev->miniq_egress))
		return;
	q->leaving = true;
	qdisc_put(dev_graft_qdisc(rtnl_dereference(dev->ingress_queue), NULL));
}

int vouch_ingress_open(struct net_device *dev, enum vouch_way way,
		       vouch_classify_fn classify, void __rcu *data,
		       struct vouch_reason *why)
{
	struct ingress *q = find(dev);
	struct way *w;
	int err;

	ASSERT_RTNL();
	err = q ? 0 : make(dev, why);
	if (err)
		return err;
	q = find(dev);
	w = &q->ways[way];
	w->proto.classify = classify;
	w->proto.root = data;
	rcu_assign_pointer(*where(dev, way), &w->mini);
	return 0;
}

void vouch_ingress_close(struct net_device *dev, enum vouch_way way)
{
	struct ingress *q = find(dev);

	ASSERT_RTNL();
	/* What destroys it has ended it already. */
	if (q)
		RCU_INIT_POINTER(*where(dev, way), NULL);
	synchronize_net();
	if (q)
		unmake(dev, q);
}
