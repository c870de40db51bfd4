// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program whose verification costs as much as one asks for while its code
 * stays short: each of BRANCHES branches on the packet doubles the number of
 * paths, and since the last comparison needs to know which were taken, the
 * verifier must walk every one. (A loop would do the same with less code, but
 * without CAP_PERFMON the verifier of Linux 6.1 also walks on where the CPU
 * might speculate past the loop's end, and never comes to one.)
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef BRANCHES
#define BRANCHES 2
#endif

/* Instructions more at the end of each path. */
#ifndef PAD
#define PAD 0
#endif

SEC("xdp")
int paths(struct xdp_md *ctx)
{
	const __u8 *data = (void *)(long)ctx->data;
	const __u8 *end = (void *)(long)ctx->data_end;
	__u64 taken = 0;
	int i;

	if (data + 32 > end)
		return XDP_PASS;
#pragma clang loop unroll(full)
	for (i = 0; i < BRANCHES; i++) {
		if (data[i])
			asm volatile("%0 |= %1" : "+r"(taken) : "i"(1 << i));
	}
#pragma clang loop unroll(full)
	for (i = 0; i < PAD; i++)
		asm volatile("%0 += 0" : "+r"(taken));
	return taken == 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
