// SPDX-License-Identifier: GPL-2.0-only
/*
 * One of several nexthops of a route of IPv4, as net/ipv4/fib_semantics.c and
 * net/ipv4/route.c choose it for a flow without a packet. The kernel's own
 * packets of that flow go the same way: the secret of the hash is one for both.
 */

#include <net/arp.h>
#include <net/flow_dissector.h>
#include <net/ip_fib.h>
#include <net/ndisc.h>
#include <net/nexthop.h>

#include "helpers/fib.h"

#define FIELD(name) FIB_MULTIPATH_HASH_FIELD_##name
#define ADDRESSES (FIELD(SRC_IP) | FIELD(DST_IP))
#define PORTS (FIELD(SRC_PORT) | FIELD(DST_PORT))

/* What of a flow decides, by the sysctls for that. */
static vouch_untraced u32 fields_of(const struct net *net)
{
	switch (READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_policy)) {
	case 0:
	case 2: /* inner headers, of which a flow has none */
		return ADDRESSES;
	case 1:
		return ADDRESSES | PORTS | FIELD(IP_PROTO);
	case 3:
		return READ_ONCE(net->ipv4.sysctl_fib_multipath_hash_fields) &
		       FIB_MULTIPATH_HASH_FIELD_OUTER_MASK;
	default:
		return 0;
	}
}

static vouch_untraced int hash_of(const struct net *net,
				  const struct flowi4 *flow)
{
	u32 fields = fields_of(net);
	struct flow_keys keys;

	if (!fields)
		return 0;
	memset(&keys, 0, sizeof(keys)); /* padding is part of the hash */
	keys.control.addr_type = FLOW_DISSECTOR_KEY_IPV4_ADDRS;
	if (fields & FIELD(SRC_IP))
		keys.addrs.v4addrs.src = flow->saddr;
	if (fields & FIELD(DST_IP))
		keys.addrs.v4addrs.dst = flow->daddr;
	if (fields & FIELD(IP_PROTO))
		keys.basic.ip_proto = flow->flowi4_proto;
	if (fields & FIELD(SRC_PORT))
		keys.ports.src = flow->fl4_sport;
	if (fields & FIELD(DST_PORT))
		keys.ports.dst = flow->fl4_dport;
	return flow_hash_from_keys(&keys) >> 1;
}

/* Whether nothing is known against a gateway. */
static vouch_untraced bool is_alive(const struct fib_nh *nh)
{
	struct neighbour *neigh = NULL;

	if (nh->fib_nh_scope != RT_SCOPE_LINK)
		return true;
	if (likely(nh->fib_nh_gw_family == AF_INET))
		neigh = __ipv4_neigh_lookup_noref(nh->fib_nh_dev,
						  (__force u32)nh->fib_nh_gw4);
	else if (nh->fib_nh_gw_family == AF_INET6)
		neigh = __ipv6_neigh_lookup_noref_stub(nh->fib_nh_dev,
						       &nh->fib_nh_gw6);
	return !neigh || READ_ONCE(neigh->nud_state) & NUD_VALID;
}

vouch_untraced void vouch_fib_select(const struct net *net,
				     struct fib_result *res,
				     const struct flowi4 *flow)
{
	struct fib_info *fi = res->fi;
	int hash = hash_of(net, flow);
	bool found = false;
	int i;

	if (unlikely(fi->nh)) {
		nexthop_path_fib_result(res, hash);
		return;
	}
	for (i = 0; i < fi->fib_nhs; i++) {
		struct fib_nh *nh = &fi->fib_nh[i];

		if (READ_ONCE(net->ipv4.sysctl_fib_multipath_use_neigh)) {
			if (!is_alive(nh))
				continue;
			if (!found)
				res->nhc = &nh->nh_common;
			found = true;
		}
		if (hash <= atomic_read(&nh->fib_nh_upper_bound)) {
			res->nhc = &nh->nh_common;
			return;
		}
	}
}
