// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* LD_ABS and LD_IND, with offsets in and out of the packet and its headers. */

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "note.h"

unsigned long long load_byte(void *skb,
			     unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb,
			     unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb,
			     unsigned long long off) asm("llvm.bpf.load.word");

static const int offsets[] = {
	0,
	1,
	9,
	12,
	14,
	23,
	52,
	53,
	54,
	60,
	1500,
	0x10000,
	0x7fffffff,
	SKF_NET_OFF,
	SKF_NET_OFF + 1,
	SKF_NET_OFF + 39,
	SKF_NET_OFF + 1500,
	SKF_LL_OFF,
	SKF_LL_OFF + 12,
	SKF_LL_OFF + 13,
	SKF_LL_OFF + 1500,
	SKF_LL_OFF - 1,
	-1,
	-0x7fffffff - 1,
};
#define N_OFFSETS (sizeof(offsets) / sizeof(offsets[0]))

/*
 * A load that fails ends the program, so each packet asks for another offset
 * and what was noted before stands.
 */
static __always_inline int load_all(struct __sk_buff *skb)
{
	__u32 i = skb->mark;
	int offset;

	if (i >= N_OFFSETS)
		return 0;
	offset = offsets[i];
	note(load_byte(skb, offset));
	note(load_half(skb, offset));
	note(load_word(skb, offset));
	note(load_byte(skb, SKF_LL_OFF + 6));
	note(load_half(skb, SKF_NET_OFF + 2));
	note(load_word(skb, 16));
	return i + 2;
}

SEC("tc")
int loads_tc(struct __sk_buff *skb)
{
	return load_all(skb);
}

SEC("socket")
int loads_socket(struct __sk_buff *skb)
{
	return load_all(skb);
}

char LICENSE[] SEC("license") = "GPL";
