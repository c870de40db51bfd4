/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a packet would be forwarded to; the meaning is that of
 * net/core/filter.c. Helpers get: r1 packet, r2 a struct bpf_fib_lookup,
 * r3 its size, r4 flags.
 */
#ifndef VOUCH_HELPERS_FIB_H
#define VOUCH_HELPERS_FIB_H

#include <linux/bpf.h>
#include <linux/netdevice.h>
#include <net/ip_fib.h>
#include <net/neighbour.h>

/* A look-up: all but the last two is asked, those and @params answer. */
struct vouch_fib {
	struct net *net;
	struct bpf_fib_lookup *params;
	u32 flags;
	bool check_mtu; /* hold the route's against params->tot_len */
	u32 mtu; /* of the route, if it was held against that */
	struct net_device *dev; /* to go out of, if it is forwarded */
};

/**
 * vouch_fib_lookup() - look a route up.
 * @fib: what is asked
 * @size: of what the program gave as its parameters, bytes
 *
 * Return: one of BPF_FIB_LKUP_RET_*, -EINVAL, -ENODEV or -EAFNOSUPPORT.
 */
int vouch_fib_lookup(struct vouch_fib *fib, u32 size);

/* The same for one family, where the kernel has it. */
int vouch_fib_lookup_ipv4(struct vouch_fib *fib);
int vouch_fib_lookup_ipv6(struct vouch_fib *fib);

/**
 * vouch_fib_select() - choose among the nexthops of a route.
 * @net: whose the route is
 * @res: the route, which has several; its nexthop is set
 * @flow: what is to go there, always the same way
 *
 * Only where IP_ROUTE_MULTIPATH is set.
 */
void vouch_fib_select(const struct net *net, struct fib_result *res,
		      const struct flowi4 *flow);

/* The table of a flow that looks into one only. */
static __always_inline u32 vouch_fib_table_id(const struct vouch_fib *fib,
					      u32 of_device)
{
	u32 id = of_device ?: RT_TABLE_MAIN;

	if (fib->flags & BPF_FIB_LOOKUP_TBID) {
		id = fib->params->tbid;
		fib->params->tbid = 0; /* lies where VLAN's fields do */
	}
	return id;
}

/* Whether the packet is too long for the route, whose MTU is known. */
static __always_inline bool vouch_fib_too_long(const struct vouch_fib *fib)
{
	if (!fib->check_mtu || fib->params->tot_len <= fib->mtu)
		return false;
	fib->params->mtu_result = fib->mtu; /* lies where tot_len does */
	return true;
}

/* What is left to say of a packet that goes out. */
static __always_inline int vouch_fib_forward(const struct vouch_fib *fib)
{
	fib->params->h_vlan_TCI = 0;
	fib->params->h_vlan_proto = 0;
	if (fib->mtu)
		fib->params->mtu_result = fib->mtu;
	return BPF_FIB_LKUP_RET_SUCCESS;
}

/* The same if it goes to a neighbour, who may not be there. */
static __always_inline int vouch_fib_meet(const struct vouch_fib *fib,
					  const struct neighbour *neigh)
{
	if (!neigh || !(READ_ONCE(neigh->nud_state) & NUD_VALID))
		return BPF_FIB_LKUP_RET_NO_NEIGH;
	memcpy(fib->params->dmac, neigh->ha, ETH_ALEN);
	memcpy(fib->params->smac, fib->dev->dev_addr, ETH_ALEN);
	return vouch_fib_forward(fib);
}

#endif /* VOUCH_HELPERS_FIB_H */
