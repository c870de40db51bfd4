// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Asks for the number of a type in the running kernel's BTF. */

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

__u64 seen;

SEC("xdp")
int type_id(struct xdp_md *ctx)
{
	seen = bpf_core_type_id_kernel(struct task_struct);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
