// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A loop of a constant number of rounds, whose end the verifier's walk of
 * what a CPU may speculate does not see: accepted with CAP_PERFMON only.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int bounded_loop(struct xdp_md *ctx)
{
	__u64 sum = ctx->ingress_ifindex;
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < 100; i++)
		asm volatile("%0 += 1" : "+r"(sum));
	return sum ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
