// SPDX-License-Identifier: BSD-2-Clause
/* A program whose code is long: BLOCKS times eight branches on the packet. */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef BLOCKS
#define BLOCKS 16
#endif

SEC("xdp")
int straight(struct xdp_md *ctx)
{
	const __u8 *data = (void *)(long)ctx->data;
	const __u8 *end = (void *)(long)ctx->data_end;
	__u64 sum;
	int i;

	if (data + 64 > end)
		return XDP_PASS;
	/* Unknown to the verifier before and after each branch, so that both
	 * ways end in the same state and walks do not multiply. */
	sum = *(const __u64 *)data;
#pragma clang loop unroll(full)
	for (i = 0; i < BLOCKS * 8; i++) {
		if (data[i % 64] == i % 251)
			asm volatile("%0 += 1" : "+r"(sum));
	}
	return sum ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
