// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls a helper that no target has. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int helper_trace(struct xdp_md *ctx)
{
	bpf_printk("packet of %d bytes", ctx->data_end - ctx->data);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
