// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Asks for a setting that the target has not got, and must have it. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern _Bool CONFIG_BPF_SYSCALL __kconfig;

SEC("xdp")
int strong(struct xdp_md *ctx)
{
	return CONFIG_BPF_SYSCALL ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
