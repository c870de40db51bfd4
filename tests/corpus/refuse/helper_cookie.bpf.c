// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls a helper that no target has. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("socket")
int helper_cookie(struct __sk_buff *skb)
{
	return bpf_get_socket_cookie(skb) ? -1 : 0;
}

char LICENSE[] SEC("license") = "GPL";
