// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Fields of struct __sk_buff, most of which lie elsewhere on the target. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct fields {
	__u32 len, pkt_type, mark, mark_low, queue_mapping, protocol,
		vlan_present, priority, ingress_ifindex, ifindex, tc_index,
		hash, cb, tc_classid, direct, dest, gso_segs, gso_size, napi_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fields);
} seen SEC(".maps");

SEC("tc")
int skb_fields(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data;
	__u8 *end = (void *)(long)skb->data_end;
	__u32 key = 0;
	struct fields *f = bpf_map_lookup_elem(&seen, &key);

	if (!f || data + 60 > end || data[12] != 8 || data[13] || data[23] != 1)
		return TC_ACT_OK;
	skb->mark = 0x12345678;
	skb->priority = 77;
	skb->cb[1] = 99;
	f->len = skb->len;
	f->pkt_type = skb->pkt_type;
	f->mark = skb->mark;
	f->mark_low = *(volatile __u8 *)&skb->mark;
	f->queue_mapping = skb->queue_mapping;
	f->protocol = skb->protocol;
	f->vlan_present = skb->vlan_present;
	f->priority = skb->priority;
	f->ingress_ifindex = skb->ingress_ifindex;
	f->ifindex = skb->ifindex;
	f->tc_index = skb->tc_index;
	f->hash = skb->hash;
	f->cb = skb->cb[1];
	f->tc_classid = skb->tc_classid;
	f->direct = end - data;
	f->dest = data[0];
	f->gso_segs = skb->gso_segs;
	f->gso_size = skb->gso_size;
	f->napi_id = skb->napi_id;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
