// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls a function of the kernel that is no helper. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern void bpf_kfunc_call_test_release(void *p) __ksym __weak;

SEC("xdp")
int kfunc(struct xdp_md *ctx)
{
	if (bpf_kfunc_call_test_release)
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
