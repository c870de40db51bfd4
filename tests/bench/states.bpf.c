// SPDX-License-Identifier: BSD-2-Clause
/*
 * A short program whose verification takes much memory: at each of BLOCKS
 * branches the verifier keeps what it knows, and that is a whole stack.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef BLOCKS
#define BLOCKS 6000
#endif

#define SLOTS 48 /* of 8 bytes; the compiler needs some of the 64 */

SEC("xdp")
int states(struct xdp_md *ctx)
{
	const __u8 *data = (void *)(long)ctx->data;
	const __u8 *end = (void *)(long)ctx->data_end;
	__u64 kept[SLOTS], sum;
	int i;

	if (data + 64 > end)
		return XDP_PASS;
	sum = *(const __u64 *)data;
	/* Each known to be of 8 bits: the verifier keeps what it knows. */
#pragma clang loop unroll(full)
	for (i = 0; i < SLOTS; i++) {
		*(volatile __u64 *)&kept[i] = data[i];
		asm volatile("" ::: "memory");
	}
#pragma clang loop unroll(full)
	for (i = 0; i < BLOCKS; i++) {
		if (data[i % 64] == i % 251)
			asm volatile("%0 += 1" : "+r"(sum));
	}
#pragma clang loop unroll(full)
	for (i = 0; i < SLOTS; i++) {
		sum += *(volatile __u64 *)&kept[i];
		asm volatile("" : "+r"(sum)::"memory");
	}
	return sum ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
