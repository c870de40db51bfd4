// SPDX-License-Identifier: BSD-2-Clause
/* A loop of two instructions, TURNS times, and three instructions more. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

SEC("xdp") __attribute__((naked)) int many_insns(struct xdp_md *ctx)
{
	asm volatile("r1 = 0\n"
		     "1: r1 += 1\n"
		     "if r1 < " NUMBER(TURNS) " goto 1b\n"
					      "r0 = 2\n"
					      "exit\n" ::
						      : "r0", "r1");
}

char _license[] SEC("license") = "Dual BSD/GPL";
