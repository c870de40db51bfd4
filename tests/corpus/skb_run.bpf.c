// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a test-run gives a program of struct __sk_buff, and takes from it. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct seen {
	__u32 len, mark, priority, protocol, ingress_ifindex, ifindex, pkt_type,
		vlan_present, queue_mapping, tc_index, tc_classid, hash, cb[5],
		wire_len, gso_segs, gso_size, family, source, dest, direct,
		meta, first;
	__u64 tstamp, hwtstamp;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct seen);
} seen SEC(".maps");

__u32 run;

static __always_inline void note_ctx(const struct __sk_buff *skb,
				     struct seen *s)
{
	s->len = skb->len;
	s->mark = skb->mark;
	s->priority = skb->priority;
	s->protocol = skb->protocol;
	s->ingress_ifindex = skb->ingress_ifindex;
	s->ifindex = skb->ifindex;
	s->pkt_type = skb->pkt_type;
	s->vlan_present = skb->vlan_present;
	s->queue_mapping = skb->queue_mapping;
	s->tc_index = skb->tc_index;
	s->tc_classid = skb->tc_classid;
	s->hash = skb->hash;
	s->cb[0] = skb->cb[0];
	s->cb[1] = skb->cb[1];
	s->cb[2] = skb->cb[2];
	s->cb[3] = skb->cb[3];
	s->cb[4] = skb->cb[4];
	s->wire_len = skb->wire_len;
	s->gso_segs = skb->gso_segs;
	s->gso_size = skb->gso_size;
	s->tstamp = skb->tstamp;
	s->hwtstamp = skb->hwtstamp;
}

static __always_inline void note_packet(const struct __sk_buff *skb,
					struct seen *s)
{
	__u8 *data = (void *)(long)skb->data;
	__u8 *end = (void *)(long)skb->data_end;
	__u8 *meta = (void *)(long)skb->data_meta;

	s->direct = end - data;
	s->meta = data - meta;
	if (data + 14 <= end)
		s->first = data[0] << 8 | data[13];
}

/* The test-run's own socket, with the packet's addresses. */
static __always_inline void note_socket(struct __sk_buff *skb, struct seen *s)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return;
	s->family = sk->family;
	s->source = sk->src_ip4;
	s->dest = sk->dst_ip4;
}

SEC("tc")
int skb_run(struct __sk_buff *skb)
{
	struct seen s = {};
	__u32 key = run++;

	note_ctx(skb, &s);
	note_packet(skb, &s);
	note_socket(skb, &s);
	bpf_map_update_elem(&seen, &key, &s, BPF_ANY);
	skb->mark = s.mark + 1;
	skb->priority = s.priority ^ 0x55;
	skb->cb[2] = s.len;
	skb->tstamp = s.tstamp + 7;
	skb->queue_mapping = 3;
	skb->tc_classid = key;
	return s.len & 1 ? TC_ACT_SHOT : s.protocol;
}

char _license[] SEC("license") = "Dual BSD/GPL";
