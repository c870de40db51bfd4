// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A program on packets of another kind, whose structure differs by kernel. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int skb_mark(struct __sk_buff *skb)
{
	return skb->mark == 7 ? 2 : (int)skb->len & 1;
}

char LICENSE[] SEC("license") = "GPL";
