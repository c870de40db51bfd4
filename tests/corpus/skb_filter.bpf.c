// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a test-run gives a socket filter, which sees no Ethernet header. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct seen {
	__u32 len, mark, priority, protocol, ingress_ifindex, ifindex, pkt_type,
		vlan_present, queue_mapping, hash, cb[5], gso_segs, gso_size;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct seen);
} seen SEC(".maps");

__u32 run;

SEC("socket")
int skb_filter(struct __sk_buff *skb)
{
	__u32 key = run++;
	struct seen s = {
		.len = skb->len,
		.mark = skb->mark,
		.priority = skb->priority,
		.protocol = skb->protocol,
		.ingress_ifindex = skb->ingress_ifindex,
		.ifindex = skb->ifindex,
		.pkt_type = skb->pkt_type,
		.vlan_present = skb->vlan_present,
		.queue_mapping = skb->queue_mapping,
		.hash = skb->hash,
		.gso_segs = skb->gso_segs,
		.gso_size = skb->gso_size,
	};

	s.cb[0] = skb->cb[0];
	s.cb[3] = skb->cb[3];
	s.cb[4] = skb->cb[4];
	bpf_map_update_elem(&seen, &key, &s, BPF_ANY);
	skb->cb[1] = s.len + key;
	return s.protocol == 8 ? s.len : 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
