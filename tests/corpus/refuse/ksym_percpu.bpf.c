// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads a per-CPU variable of the kernel: its offset is another kernel's. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern const int bpf_prog_active __ksym;

SEC("xdp")
int ksym_percpu(struct xdp_md *ctx)
{
	const int *active = bpf_this_cpu_ptr(&bpf_prog_active);

	return *active > 100 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
