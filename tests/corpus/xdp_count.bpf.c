// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts packets by IP protocol and by IPv4 source address, and drops what
 * comes from addresses of one protocol if told so.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct source {
	__u64 packets;
	__u64 bytes;
};

/* Settings, fixed when the program is submitted. */
const volatile __u32 sample = 1; /* count one packet in so many */
const volatile __u8 drop_protocol = 0; /* drop packets of this protocol */
const volatile _Bool count_sources = 1; /* fill the table of sources */

__u64 seen; /* packets, sampled or not */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} protocols SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct source);
} sources SEC(".maps");

static __always_inline void count_protocol(__u32 protocol)
{
	__u64 *n = bpf_map_lookup_elem(&protocols, &protocol);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* A function of its own in the compiled program. */
static __noinline int count_source(__u32 address, __u32 bytes)
{
	struct source first = { .packets = 1, .bytes = bytes };
	struct source *s = bpf_map_lookup_elem(&sources, &address);

	if (!s)
		return bpf_map_update_elem(&sources, &address, &first,
					   BPF_NOEXIST);
	__sync_fetch_and_add(&s->packets, 1);
	__sync_fetch_and_add(&s->bytes, bytes);
	return 0;
}

SEC("xdp")
int xdp_count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u64 n = __sync_fetch_and_add(&seen, 1);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (sample > 1 && n % sample)
		return XDP_PASS;
	count_protocol(ip->protocol);
	if (count_sources)
		count_source(ip->saddr, bpf_ntohs(ip->tot_len));
	if (drop_protocol && ip->protocol == drop_protocol)
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
