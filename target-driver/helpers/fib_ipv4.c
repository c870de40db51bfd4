// SPDX-License-Identifier: GPL-2.0-only
/* Where a packet of IPv4 would be forwarded to. */

#include <linux/inetdevice.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/lwtunnel.h>
#include <net/ndisc.h>
#include <net/nexthop.h>

#include "helpers/fib.h"

#ifdef CONFIG_IP_MULTIPLE_TABLES
static vouch_untraced struct fib_table *find_table(struct net *net, u32 id)
{
	struct hlist_head *tables = net->ipv4.fib_table_hash;
	struct fib_table *table;

	id = id ?: RT_TABLE_MAIN;
	hlist_for_each_entry_rcu(table, &tables[id & (FIB_TABLE_HASHSZ - 1)],
				 tb_hlist)
		if (table->tb_id == id)
			return table;
	return NULL;
}
#else
#define find_table fib_get_table
#endif

static vouch_untraced struct flowi4 flow_of(const struct vouch_fib *fib)
{
	const struct bpf_fib_lookup *params = fib->params;
	bool out = fib->flags & BPF_FIB_LOOKUP_OUTPUT;

	return (struct flowi4){
		.flowi4_iif = out ? LOOPBACK_IFINDEX : params->ifindex,
		.flowi4_oif = out ? params->ifindex : 0,
		.flowi4_tos = params->tos & IPTOS_RT_MASK,
		.flowi4_scope = RT_SCOPE_UNIVERSE,
		.flowi4_proto = params->l4_protocol,
		.daddr = params->ipv4_dst,
		.saddr = params->ipv4_src,
		.fl4_sport = params->sport,
		.fl4_dport = params->dport,
	};
}

static vouch_untraced int find_route(const struct vouch_fib *fib,
				     struct net_device *dev,
				     struct flowi4 *flow,
				     struct fib_result *res)
{
	struct fib_table *table;

	if (!(fib->flags & BPF_FIB_LOOKUP_DIRECT)) {
		flow->flowi4_uid = sock_net_uid(fib->net, NULL);
		return fib_lookup(fib->net, flow, res, FIB_LOOKUP_NOREF);
	}
	table = find_table(fib->net,
			   vouch_fib_table_id(fib, l3mdev_fib_table_rcu(dev)));
	if (unlikely(!table))
		return -ENETUNREACH;
	return fib_table_lookup(table, flow, res, FIB_LOOKUP_NOREF);
}

/* How programs know what find_route() says. */
static vouch_untraced int judge(int err, const struct fib_result *res)
{
	switch (err) {
	case 0:
		return res->type == RTN_UNICAST ? BPF_FIB_LKUP_RET_SUCCESS
						: BPF_FIB_LKUP_RET_NOT_FWDED;
	case -EINVAL:
		return BPF_FIB_LKUP_RET_BLACKHOLE;
	case -EHOSTUNREACH:
		return BPF_FIB_LKUP_RET_UNREACHABLE;
	case -EACCES:
		return BPF_FIB_LKUP_RET_PROHIBIT;
	default:
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	}
}

/*
 * The MTU of the way beyond a nexthop, if one was learned. The key of the
 * table's hash is known to the kernel alone, so that all of it is looked
 * through; few nexthops have one.
 */
static vouch_untraced u32 learned_mtu(const struct fib_nh_common *nhc,
				      __be32 to)
{
	const struct fnhe_hash_bucket *table =
		rcu_dereference(nhc->nhc_exceptions);
	const struct fib_nh_exception *e;
	u32 i;

	if (likely(!table))
		return 0;
	for (i = 0; i < FNHE_HASH_SIZE; i++)
		for (e = rcu_dereference(table[i].chain); e;
		     e = rcu_dereference(e->fnhe_next))
			if (e->fnhe_daddr == to)
				return time_before(jiffies, e->fnhe_expires)
					       ? e->fnhe_pmtu
					       : 0;
	return 0;
}

static vouch_untraced u32 mtu_of(const struct fib_result *res, __be32 to)
{
	const struct fib_nh_common *nhc = res->nhc;
	const struct net_device *dev = nhc->nhc_dev;
	const struct fib_info *fi = res->fi;
	u32 mtu = 0;

	if (READ_ONCE(dev_net(dev)->ipv4.sysctl_ip_fwd_use_pmtu) ||
	    fi->fib_metrics->metrics[RTAX_LOCK - 1] & 1 << RTAX_MTU)
		mtu = fi->fib_mtu;
	if (likely(!mtu))
		mtu = learned_mtu(nhc, to);
	if (likely(!mtu))
		mtu = min(READ_ONCE(dev->mtu), IP_MAX_MTU);
	return mtu - lwtunnel_headroom(nhc->nhc_lwtstate, mtu);
}

/* What the kernel would send from, and keeps with the nexthop. */
static vouch_untraced __be32 source_of(struct net *net,
				       const struct fib_result *res)
{
	struct fib_nh *nh = container_of(res->nhc, struct fib_nh, nh_common);
	int now = atomic_read(&net->ipv4.dev_addr_genid);
	__be32 from;

	if (res->fi->fib_prefsrc)
		return res->fi->fib_prefsrc;
	if (res->nhc->nhc_family != AF_INET)
		return inet_select_addr(res->nhc->nhc_dev, 0,
					res->fi->fib_scope);
	if (READ_ONCE(nh->nh_saddr_genid) == now)
		return READ_ONCE(nh->nh_saddr);
	from = inet_select_addr(nh->fib_nh_dev, nh->fib_nh_gw4,
				res->fi->fib_scope);
	WRITE_ONCE(nh->nh_saddr, from);
	WRITE_ONCE(nh->nh_saddr_genid, now);
	return from;
}

static vouch_untraced struct neighbour *
neighbour_of(const struct vouch_fib *fib, const struct fib_nh_common *nhc)
{
	if (unlikely(nhc->nhc_gw_family == AF_INET6))
		return __ipv6_neigh_lookup_noref_stub(fib->dev,
						      fib->params->ipv6_dst);
	return __ipv4_neigh_lookup_noref(fib->dev,
					 (__force u32)fib->params->ipv4_dst);
}

static vouch_untraced int answer(struct vouch_fib *fib, struct fib_result *res)
{
	const struct fib_nh_common *nhc = res->nhc;
	struct bpf_fib_lookup *params = fib->params;

	fib->dev = nhc->nhc_dev;
	params->rt_metric = res->fi->fib_priority;
	params->ifindex = fib->dev->ifindex;
	if (fib->flags & BPF_FIB_LOOKUP_SRC)
		params->ipv4_src = source_of(fib->net, res);
	if (unlikely(nhc->nhc_gw_family == AF_INET6)) {
		params->family = AF_INET6;
		memcpy(params->ipv6_dst, &nhc->nhc_gw.ipv6,
		       sizeof(params->ipv6_dst));
	} else if (nhc->nhc_gw_family) {
		params->ipv4_dst = nhc->nhc_gw.ipv4;
	}
	if (fib->flags & BPF_FIB_LOOKUP_SKIP_NEIGH)
		return vouch_fib_forward(fib);
	return vouch_fib_meet(fib, neighbour_of(fib, nhc));
}

vouch_untraced int vouch_fib_lookup_ipv4(struct vouch_fib *fib)
{
	struct net_device *dev =
		dev_get_by_index_rcu(fib->net, fib->params->ifindex);
	struct fib_result res;
	struct in_device *in;
	struct flowi4 flow;
	int found;

	if (unlikely(!dev))
		return -ENODEV;
	in = __in_dev_get_rcu(dev);
	if (unlikely(!in || !IN_DEV_FORWARD(in)))
		return BPF_FIB_LKUP_RET_FWD_DISABLED;
	flow = flow_of(fib);
	found = judge(find_route(fib, dev, &flow, &res), &res);
	if (found)
		return found;
	if (IS_ENABLED(CONFIG_IP_ROUTE_MULTIPATH) && !flow.flowi4_oif &&
	    fib_info_num_path(res.fi) > 1)
		vouch_fib_select(fib->net, &res, &flow);
	if (fib->check_mtu)
		fib->mtu = mtu_of(&res, flow.daddr);
	if (vouch_fib_too_long(fib))
		return BPF_FIB_LKUP_RET_FRAG_NEEDED;
	if (res.nhc->nhc_lwtstate)
		return BPF_FIB_LKUP_RET_UNSUPP_LWT;
	return answer(fib, &res);
}
