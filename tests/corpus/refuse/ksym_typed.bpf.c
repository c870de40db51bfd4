// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads a kernel structure through its type: its layout is another kernel's. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct rq {
	int unused;
} __attribute__((preserve_access_index));

extern const struct rq runqueues __ksym;

SEC("xdp")
int ksym_typed(struct xdp_md *ctx)
{
	const void *p = bpf_per_cpu_ptr(&runqueues, 0);

	return p ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
