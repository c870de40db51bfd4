// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Takes a kernel address, which libbpf writes as a plain constant. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern const void init_task __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} result SEC(".maps");

SEC("xdp")
int ksym_typeless(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&result, &key);

	if (v)
		*v = (__u64)&init_task;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
