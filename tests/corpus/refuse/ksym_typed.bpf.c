// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads a kernel variable through its type: its value is another kernel's. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern const int sysctl_unprivileged_bpf_disabled __ksym __weak;

SEC("xdp")
int ksym_typed(struct xdp_md *ctx)
{
	const int *p = &sysctl_unprivileged_bpf_disabled;

	return p && (long)p == 1 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
