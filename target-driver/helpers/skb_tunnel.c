// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of the tunnel that a packet came through or is to go through; the
 * meaning is that of net/core/filter.c. r1 is the packet.
 *
 * Each CPU has metadata of its own for what programs set. The kernel's are
 * never freed; these are held by packets too, and are the network core's to
 * free, so that packets may outlive vouch_target. Where a packet still holds
 * them, the next one gets others.
 */

#include <linux/filter.h>
#include <linux/percpu.h>
#include <net/dst_metadata.h>
#include <net/ip_tunnels.h>

#include "helpers/export.h"
#include "helpers/skb.h"
#include "helpers/skb_tunnel.h"

static DEFINE_PER_CPU(struct metadata_dst *, own);

static vouch_untraced struct metadata_dst *make(gfp_t flags)
{
	return metadata_dst_alloc(IP_TUNNEL_OPTS_MAX, METADATA_IP_TUNNEL,
				  flags);
}

void vouch_tunnel_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct metadata_dst *md = per_cpu(own, cpu);

		if (md)
			dst_release(&md->dst);
	}
}

int vouch_tunnel_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(own, cpu) = make(GFP_KERNEL);
		if (!per_cpu(own, cpu)) {
			vouch_tunnel_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

/* What no packet holds; without memory, what one does, as in the kernel. */
static vouch_untraced struct metadata_dst *unheld(void)
{
	struct metadata_dst *md = this_cpu_read(own), *other;

	if (likely(atomic_read(&md->dst.__refcnt) == 1))
		return md;
	other = make(GFP_ATOMIC);
	if (unlikely(!other))
		return md;
	this_cpu_write(own, other);
	dst_release(&md->dst);
	return other;
}

/* A test-run may be interrupted by a softirq whose program comes here too. */
static vouch_untraced struct metadata_dst *take(void)
{
	struct metadata_dst *md;

	local_bh_disable();
	md = unheld();
	dst_hold(&md->dst);
	local_bh_enable();
	return md;
}

/* Lengths that struct bpf_tunnel_key had before. */
static vouch_untraced bool is_old_size(u32 size)
{
	return size == offsetof(struct bpf_tunnel_key, local_ipv6[0]) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_label) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_ext) ||
	       size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]);
}

static vouch_untraced int check_get(const struct ip_tunnel_info *info, u32 size,
				    u64 flags)
{
	if (unlikely(!info ||
		     flags & ~(u64)(BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS)))
		return -EINVAL;
	if (ip_tunnel_info_af(info) !=
	    (flags & BPF_F_TUNINFO_IPV6 ? AF_INET6 : AF_INET))
		return -EPROTO;
	if (size == sizeof(struct bpf_tunnel_key))
		return 0;
	if (!is_old_size(size))
		return -EINVAL;
	/* There was no IPv6 when it was that short. */
	if (size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]) &&
	    flags & BPF_F_TUNINFO_IPV6)
		return -EINVAL;
	return 0;
}

/* What is remote to who sends is local to who receives. */
static vouch_untraced void fill(struct bpf_tunnel_key *key,
				const struct ip_tunnel_key *from, u64 flags)
{
	memset(key, 0, sizeof(*key));
	key->tunnel_id = be64_to_cpu(from->tun_id);
	key->tunnel_tos = from->tos;
	key->tunnel_ttl = from->ttl;
	if (flags & BPF_F_TUNINFO_FLAGS)
		key->tunnel_flags = from->tun_flags;
	if (flags & BPF_F_TUNINFO_IPV6) {
		memcpy(key->remote_ipv6, &from->u.ipv6.src,
		       sizeof(key->remote_ipv6));
		memcpy(key->local_ipv6, &from->u.ipv6.dst,
		       sizeof(key->local_ipv6));
		key->tunnel_label = be32_to_cpu(from->label);
	} else {
		key->remote_ipv4 = be32_to_cpu(from->u.ipv4.src);
		key->local_ipv4 = be32_to_cpu(from->u.ipv4.dst);
	}
}

/* r2 to, r3 its size, r4 flags */
VOUCH_HELPER(skb_get_tunnel_key)
{
	const struct ip_tunnel_info *info = skb_tunnel_info(vouch_skb_of(r1));
	int err = check_get(info, r3, r4);
	struct bpf_tunnel_key key;
	void *to = (void *)(unsigned long)r2;

	if (unlikely(err)) {
		memset(to, 0, (u32)r3);
		return err;
	}
	fill(&key, &info->key, r4);
	memcpy(to, &key, (u32)r3);
	return 0;
}

/* r2 to, r3 its size */
VOUCH_HELPER(skb_get_tunnel_opt)
{
	const struct ip_tunnel_info *info = skb_tunnel_info(vouch_skb_of(r1));
	void *to = (void *)(unsigned long)r2;
	u32 size = r3;

	memset(to, 0, size);
	if (unlikely(!info || !(info->key.tun_flags & TUNNEL_OPTIONS_PRESENT)))
		return -ENOENT;
	if (unlikely(size < info->options_len))
		return -ENOMEM;
	ip_tunnel_info_opts_get(to, info);
	return info->options_len;
}

static vouch_untraced __be16 to_tun_flags(u64 flags)
{
	__be16 out = TUNNEL_KEY | TUNNEL_NOCACHE;

	if (!(flags & BPF_F_ZERO_CSUM_TX))
		out |= TUNNEL_CSUM;
	if (flags & BPF_F_DONT_FRAGMENT)
		out |= TUNNEL_DONT_FRAGMENT;
	if (flags & BPF_F_SEQ_NUMBER)
		out |= TUNNEL_SEQ;
	return out;
}

static vouch_untraced void set(struct ip_tunnel_info *info,
			       const struct bpf_tunnel_key *from, u64 flags)
{
	struct ip_tunnel_key *key = &info->key;

	memset(info, 0, sizeof(*info));
	info->mode = IP_TUNNEL_INFO_TX;
	key->tun_flags = to_tun_flags(flags);
	key->tun_id = cpu_to_be64(from->tunnel_id);
	key->tos = from->tunnel_tos;
	key->ttl = from->tunnel_ttl;
	if (flags & BPF_F_TUNINFO_IPV6) {
		info->mode |= IP_TUNNEL_INFO_IPV6;
		memcpy(&key->u.ipv6.dst, from->remote_ipv6,
		       sizeof(from->remote_ipv6));
		memcpy(&key->u.ipv6.src, from->local_ipv6,
		       sizeof(from->local_ipv6));
		key->label = cpu_to_be32(from->tunnel_label) &
			     IPV6_FLOWLABEL_MASK;
	} else {
		key->u.ipv4.dst = cpu_to_be32(from->remote_ipv4);
		key->u.ipv4.src = cpu_to_be32(from->local_ipv4);
		key->flow_flags = FLOWI_FLAG_ANYSRC;
	}
}

#define SET_FLAGS                                                              \
	((u64)(BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT | \
	       BPF_F_SEQ_NUMBER))

/* r2 from, r3 its size, r4 flags */
VOUCH_HELPER(skb_set_tunnel_key)
{
	struct sk_buff *skb = vouch_skb_of(r1);
	struct bpf_tunnel_key key = {};
	struct metadata_dst *md;
	u32 size = r3;

	if (unlikely(r4 & ~SET_FLAGS ||
		     (size != sizeof(key) && !is_old_size(size))))
		return -EINVAL;
	memcpy(&key, (void *)(unsigned long)r2, size);
	if (unlikely(key.tunnel_ext ||
		     (key.tunnel_label && !(r4 & BPF_F_TUNINFO_IPV6))))
		return -EINVAL;
	skb_dst_drop(skb);
	md = take();
	skb_dst_set(skb, &md->dst);
	set(&md->u.tun_info, &key, r4);
	return 0;
}

/* r2 from, r3 its size: behind a key that was set here */
VOUCH_HELPER(skb_set_tunnel_opt)
{
	struct ip_tunnel_info *info = skb_tunnel_info(vouch_skb_of(r1));
	u32 size = r3;

	if (unlikely(info != &this_cpu_read(own)->u.tun_info ||
		     size & (sizeof(u32) - 1)))
		return -EINVAL;
	if (unlikely(size > IP_TUNNEL_OPTS_MAX))
		return -ENOMEM;
	ip_tunnel_info_opts_set(info, (void *)(unsigned long)r2, size,
				TUNNEL_OPTIONS_PRESENT);
	return 0;
}
