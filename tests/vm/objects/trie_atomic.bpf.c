// SPDX-License-Identifier: BSD-2-Clause
/* An atomic access to a trie's value, of which Linux 6.1 takes for granted that
 * it lies at a multiple of 8. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct key {
	__u32 bits;
	__u8 data[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4);
	__type(key, struct key);
	__type(value, __u64);
} prefixes SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	struct key key = { .bits = 32, .data = { 192, 0, 2, 1 } };
	__u64 *value, zero = 0;

	bpf_map_update_elem(&prefixes, &key, &zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&prefixes, &key);
	if (!value)
		return XDP_ABORTED;
	__sync_fetch_and_add(value, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
