// SPDX-License-Identifier: BSD-2-Clause
/* A loop without end. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp") int endless(struct xdp_md *ctx)
{
	int n = 0;

	for (;;)
		asm volatile("%0 ^= 1" : "+r"(n));
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
