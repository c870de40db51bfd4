// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls a helper that no target has. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int helper_fib(struct xdp_md *ctx)
{
	struct bpf_fib_lookup to = { .ifindex = ctx->ingress_ifindex };

	if (bpf_fib_lookup(ctx, &to, sizeof(to), 0))
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
