// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sends frames of one kind elsewhere, in each way; the others pass. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define KIND 0x88b5 /* for experiments */

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} devmap SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} cpumap SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} seen SEC(".maps");

static __always_inline void count(__u32 key, __u32 value)
{
	bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
}

SEC("tc")
int tc_back(struct __sk_buff *skb)
{
	count(0, skb->ifindex);
	return skb->protocol == bpf_htons(KIND) ? bpf_redirect(skb->ifindex, 0)
						: TC_ACT_OK;
}

SEC("tc")
int tc_copy(struct __sk_buff *skb)
{
	if (skb->protocol != bpf_htons(KIND))
		return TC_ACT_OK;
	return bpf_clone_redirect(skb, skb->ifindex, 0) ? TC_ACT_OK
							: TC_ACT_SHOT;
}

/* How many came in, as the next one sees it. */
static __always_inline __u32 *arrived(void)
{
	__u32 key = 1;

	return bpf_map_lookup_elem(&seen, &key);
}

SEC("tc")
int tc_arrives(struct __sk_buff *skb)
{
	__u32 *n = arrived();

	if (n && skb->protocol == bpf_htons(KIND))
		(*n)++;
	return TC_ACT_OK;
}

SEC("tc")
int tc_to_itself(struct __sk_buff *skb)
{
	__u32 *n = arrived();

	if (bpf_clone_redirect(skb, 1, BPF_F_INGRESS))
		return -1;
	return n ? *n : 0;
}

static __always_inline int is_kind(struct xdp_md *ctx)
{
	struct ethhdr *head = (void *)(long)ctx->data;

	return (void *)(head + 1) <= (void *)(long)ctx->data_end &&
	       head->h_proto == bpf_htons(KIND);
}

SEC("xdp")
int xdp_back(struct xdp_md *ctx)
{
	return is_kind(ctx) ? bpf_redirect_map(&devmap, 1, XDP_DROP) : XDP_PASS;
}

SEC("xdp")
int xdp_each(struct xdp_md *ctx)
{
	return is_kind(ctx) ? bpf_redirect_map(&devmap, 0, BPF_F_BROADCAST)
			    : XDP_PASS;
}

SEC("xdp")
int xdp_cpu(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpumap, 1, XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
