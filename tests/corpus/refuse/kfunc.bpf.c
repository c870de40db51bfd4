// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls a function of the kernel that is no helper. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sock {
	int unused;
};

extern __u64 bpf_kfunc_call_test1(struct sock *sk, __u32 a, __u64 b, __u32 c,
				  __u64 d) __ksym;

SEC("tc")
int kfunc(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return -1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return -1;
	return bpf_kfunc_call_test1((struct sock *)sk, 1, 2, 3, 4);
}

char LICENSE[] SEC("license") = "GPL";
