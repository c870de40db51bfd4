// SPDX-License-Identifier: BSD-2-Clause
/* A map and a licence, and nothing to run. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} alone SEC(".maps");

char _license[] SEC("license") = "Dual BSD/GPL";
