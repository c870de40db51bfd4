// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads a packet without looking for its end: the verifier rejects it. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int rejected(struct xdp_md *ctx)
{
	return *(char *)(long)ctx->data ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
