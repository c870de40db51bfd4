/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the network core asks classifiers, at the ingress and egress of an
 * interface.
 *
 * The place that a clsact qdisc would have is taken by a qdisc of
 * vouch_target's own, so that it shows in "tc qdisc" and no other comes
 * beside it unnoticed. It needs no filter, block or chain, and no netlink.
 */
#ifndef VOUCH_INGRESS_H
#define VOUCH_INGRESS_H

#include "reason.h"

struct net_device;
struct sk_buff;
struct tcf_proto;
struct tcf_result;

enum vouch_way { VOUCH_WAY_IN, VOUCH_WAY_OUT };

typedef int (*vouch_classify_fn)(struct sk_buff *skb,
				 const struct tcf_proto *tp,
				 struct tcf_result *res);

/**
 * vouch_ingress_open() - have packets of an interface classified.
 * @dev: the interface; RTNL is held
 * @way: which of its packets; nobody else classifies them
 * @classify: called for each, returns an action
 * @data: its tcf_proto's root
 * @why: filled on error
 *
 * Should the interface go, or another qdisc take the place, vouch_hook_gone()
 * is called.
 *
 * Return: 0, -EBUSY if another qdisc is there, -ENOMEM.
 */
int vouch_ingress_open(struct net_device *dev, enum vouch_way way,
		       vouch_classify_fn classify, void __rcu *data,
		       struct vouch_reason *why);

/**
 * vouch_ingress_close() - end that, and wait for packets under way.
 * @dev: the interface; RTNL is held
 * @way: as opened
 */
void vouch_ingress_close(struct net_device *dev, enum vouch_way way);

#endif /* VOUCH_INGRESS_H */
