// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Fields of the socket that a packet is sent by, also of IPv6. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct fields {
	__u32 protocol, dst_ip6, dst_ip6_low, state, queue, napi_id, tc_index,
		len;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fields);
} seen SEC(".maps");

SEC("tc")
int sock_fields(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	__u32 key = 0;
	struct fields *f = bpf_map_lookup_elem(&seen, &key);

	if (!f || !sk)
		return TC_ACT_OK;
	f->dst_ip6 = 1 + sk->dst_ip6[3];
	f->dst_ip6_low = 1 + *(volatile __u8 *)&sk->dst_ip6[1];
	f->state = sk->state;
	f->queue = sk->rx_queue_mapping;
	f->napi_id = skb->napi_id;
	f->tc_index = skb->tc_index;
	f->protocol = skb->protocol;
	f->len = skb->len;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
