// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a packet of IPv6 would be forwarded to. IPv6 may be a module, and is
 * asked through its stub.
 */

#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6_stubs.h>
#include <net/l3mdev.h>
#include <net/ndisc.h>

#include "helpers/fib.h"

static __always_inline struct in6_addr *address(u32 *words)
{
	return (struct in6_addr *)words;
}

static vouch_untraced struct flowi6 flow_of(const struct vouch_fib *fib)
{
	struct bpf_fib_lookup *params = fib->params;
	bool out = fib->flags & BPF_FIB_LOOKUP_OUTPUT;

	return (struct flowi6){
		.flowi6_iif = out ? LOOPBACK_IFINDEX : params->ifindex,
		.flowi6_oif = out ? params->ifindex : 0,
		.flowlabel = params->flowinfo,
		.flowi6_proto = params->l4_protocol,
		.daddr = *address(params->ipv6_dst),
		.saddr = *address(params->ipv6_src),
		.fl6_sport = params->sport,
		.fl6_dport = params->dport,
	};
}

static vouch_untraced int find_route(const struct vouch_fib *fib,
				     struct net_device *dev,
				     struct flowi6 *flow,
				     struct fib6_result *res, int strict)
{
	struct fib6_table *table;

	if (!(fib->flags & BPF_FIB_LOOKUP_DIRECT)) {
		flow->flowi6_uid = sock_net_uid(fib->net, NULL);
		return ipv6_stub->fib6_lookup(fib->net, dev->ifindex, flow, res,
					      strict);
	}
	table = ipv6_stub->fib6_get_table(
		fib->net, vouch_fib_table_id(fib, l3mdev_fib_table_rcu(dev)));
	if (unlikely(!table))
		return -ENETUNREACH;
	return ipv6_stub->fib6_table_lookup(fib->net, table, dev->ifindex, flow,
					    res, strict);
}

/* How programs know what find_route() says. */
static vouch_untraced int judge(const struct net *net, int err,
				const struct fib6_result *res)
{
	if (unlikely(err || IS_ERR_OR_NULL(res->f6i) ||
		     res->f6i == net->ipv6.fib6_null_entry))
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	switch (res->fib6_type) {
	case RTN_UNICAST:
		return BPF_FIB_LKUP_RET_SUCCESS;
	case RTN_BLACKHOLE:
		return BPF_FIB_LKUP_RET_BLACKHOLE;
	case RTN_UNREACHABLE:
		return BPF_FIB_LKUP_RET_UNREACHABLE;
	case RTN_PROHIBIT:
		return BPF_FIB_LKUP_RET_PROHIBIT;
	default:
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	}
}

/* What the kernel would send from: 0, or a negative errno. */
static vouch_untraced int find_source(struct vouch_fib *fib,
				      const struct flowi6 *flow,
				      const struct fib6_result *res)
{
	struct in6_addr *from = address(fib->params->ipv6_src);

	if (res->f6i->fib6_prefsrc.plen) {
		*from = res->f6i->fib6_prefsrc.addr;
		return 0;
	}
	return ipv6_bpf_stub->ipv6_dev_get_saddr(fib->net, fib->dev,
						 &flow->daddr, 0, from);
}

static vouch_untraced int answer(struct vouch_fib *fib,
				 const struct flowi6 *flow,
				 const struct fib6_result *res)
{
	struct bpf_fib_lookup *params = fib->params;
	struct in6_addr *to = address(params->ipv6_dst);

	if (res->nh->fib_nh_gw_family)
		*to = res->nh->fib_nh_gw6;
	fib->dev = res->nh->fib_nh_dev;
	params->rt_metric = res->f6i->fib6_metric;
	params->ifindex = fib->dev->ifindex;
	if (fib->flags & BPF_FIB_LOOKUP_SRC && find_source(fib, flow, res))
		return BPF_FIB_LKUP_RET_NO_SRC_ADDR;
	if (fib->flags & BPF_FIB_LOOKUP_SKIP_NEIGH)
		return vouch_fib_forward(fib);
	return vouch_fib_meet(fib,
			      __ipv6_neigh_lookup_noref_stub(fib->dev, to));
}

vouch_untraced int vouch_fib_lookup_ipv6(struct vouch_fib *fib)
{
	struct bpf_fib_lookup *params = fib->params;
	int strict =
		fib->flags & BPF_FIB_LOOKUP_OUTPUT ? 0 : RT6_LOOKUP_F_HAS_SADDR;
	struct fib6_result res = {};
	struct net_device *dev;
	struct inet6_dev *in;
	struct flowi6 flow;
	int found;

	if (rt6_need_strict(address(params->ipv6_dst)) ||
	    rt6_need_strict(address(params->ipv6_src)))
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	dev = dev_get_by_index_rcu(fib->net, params->ifindex);
	if (unlikely(!dev))
		return -ENODEV;
	in = __in6_dev_get_safely(dev);
	if (unlikely(!in || !READ_ONCE(in->cnf.forwarding)))
		return BPF_FIB_LKUP_RET_FWD_DISABLED;
	flow = flow_of(fib);
	found = judge(fib->net, find_route(fib, dev, &flow, &res, strict),
		      &res);
	if (found)
		return found;
	ipv6_stub->fib6_select_path(fib->net, &res, &flow, flow.flowi6_oif,
				    flow.flowi6_oif != 0, NULL, strict);
	if (fib->check_mtu)
		fib->mtu = ipv6_stub->ip6_mtu_from_fib6(&res, &flow.daddr,
							&flow.saddr);
	if (vouch_fib_too_long(fib))
		return BPF_FIB_LKUP_RET_FRAG_NEEDED;
	if (res.nh->fib_nh_lws)
		return BPF_FIB_LKUP_RET_UNSUPP_LWT;
	return answer(fib, &flow, &res);
}
