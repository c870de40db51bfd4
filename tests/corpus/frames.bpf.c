// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What comes in at an interface, counted and told of by programs of tc and by
 * socket filters: in maps of each kind of key, and in records.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BYTES 24 /* of each packet that are told */
#define CLASSES 16

struct flow {
	__u32 source, dest;
	__u16 source_port, dest_port;
	__u32 protocol;
};

struct count {
	__u64 packets, bytes;
};

struct record {
	__u32 len, protocol, pkt_type, vlan, mark, direct;
	__u8 first[BYTES];
};

#define MAP(name, kind, k, v, n)                   \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_##kind); \
		__uint(max_entries, n);            \
		__type(key, k);                    \
		__type(value, v);                  \
	} name SEC(".maps")

MAP(flows, HASH, struct flow, struct count, 64);
MAP(classes, PERCPU_ARRAY, __u32, struct count, CLASSES);
MAP(ports, HASH, __u16, struct count, 64);
MAP(lengths, ARRAY, __u32, struct count, CLASSES);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

static __always_inline void count(void *map, const void *key, __u32 len)
{
	struct count none = {}, *c = bpf_map_lookup_elem(map, key);

	if (!c) {
		bpf_map_update_elem(map, key, &none, BPF_NOEXIST);
		c = bpf_map_lookup_elem(map, key);
	}
	if (!c)
		return;
	c->packets++;
	c->bytes += len;
}

static __always_inline void note(struct __sk_buff *skb, struct record *r)
{
	r->len = skb->len;
	r->protocol = skb->protocol;
	r->pkt_type = skb->pkt_type;
	r->vlan = skb->vlan_present;
	r->mark = skb->mark;
	r->direct = 0;
	bpf_skb_load_bytes(skb, 10, r->first, BYTES);
}

SEC("tc")
int tc_flows(struct __sk_buff *skb)
{
	struct ethhdr *eth = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct iphdr *ip = (void *)(eth + 1);
	__u16 *port = (void *)(ip + 1);
	struct flow f = {};

	if ((void *)(port + 2) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	f.source = ip->saddr;
	f.dest = ip->daddr;
	f.source_port = port[0];
	f.dest_port = port[1];
	f.protocol = ip->protocol;
	count(&flows, &f, skb->len);
	return TC_ACT_OK;
}

SEC("tc")
int tc_ring(struct __sk_buff *skb)
{
	struct record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r)
		return TC_ACT_SHOT;
	skb->mark = skb->len * 3;
	note(skb, r);
	r->direct = skb->data_end - skb->data;
	bpf_ringbuf_submit(r, 0);
	return TC_ACT_OK;
}

SEC("tc")
int tc_classes(struct __sk_buff *skb)
{
	__u32 key = (skb->len ^ skb->protocol) % CLASSES;

	count(&classes, &key, skb->len);
	return key & 1 ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("socket")
int socket_ports(struct __sk_buff *skb)
{
	__u16 port = 0;

	bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(struct iphdr) + 2, &port,
			   sizeof(port));
	count(&ports, &port, skb->len);
	return 0;
}

SEC("socket")
int socket_records(struct __sk_buff *skb)
{
	struct record r = {};

	note(skb, &r);
	bpf_perf_event_output(skb, &events, BPF_F_CURRENT_CPU | 20ULL << 32, &r,
			      sizeof(r));
	return skb->len;
}

SEC("socket")
int socket_lengths(struct __sk_buff *skb)
{
	__u32 key = skb->len / 8 % CLASSES;

	count(&lengths, &key, skb->pkt_type + 1);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
