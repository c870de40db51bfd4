// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program whose verification costs as much as one asks for: the verifier
 * walks each of the ROUNDS rounds, about three instructions each, while the
 * code stays the same few bytes.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef ROUNDS
#define ROUNDS 8
#endif

SEC("xdp")
int loop(struct xdp_md *ctx)
{
	__u64 sum = ctx->ingress_ifindex;
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < ROUNDS; i++)
		asm volatile("%0 += 1" : "+r"(sum));
	return sum ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
