// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads an address that a kernel without IPv6 does not let a program read. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int src_ip6(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk && sk->src_ip6[0] ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
