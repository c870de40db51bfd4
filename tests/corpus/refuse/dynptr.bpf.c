// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Forges a dynptr, and reads by it behind the value that it may read.
 *
 * Linux 6.1's verifier does not note that a helper reads a dynptr. So where a
 * way on which there is one and a way on which there is none come together, it
 * takes the second for the first, which it has seen to be safe. It remembers
 * what it has seen only after some jumps and instructions; hence those that do
 * nothing.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "../note.h"

#define LOCAL (1u << 28) /* type of a dynptr, as the kernel has it */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} values SEC(".maps");

SEC("xdp")
int dynptr(struct xdp_md *ctx)
{
	__u64 made[2], got[1] = { 0 };
	__u64 len = bpf_xdp_get_buff_len(ctx);
	__u32 first = 0;
	void *value = bpf_map_lookup_elem(&values, &first);

	if (!value)
		return XDP_ABORTED;
	asm volatile("if %[len] > 100 goto 1f;"
		     "r1 = %[value];"
		     "r2 = 8;"
		     "r3 = 0;"
		     "r4 = %[made];"
		     "call %[from_mem];"
		     "r0 = 0; r1 = 0; r2 = 0; r3 = 0;"
		     "r0 = 0; r1 = 0; r2 = 0; r3 = 0;"
		     "goto 3f;"
		     "3: goto 2f;"
		     "1: *(u64 *)(%[made] + 0) = %[value];"
		     "r1 = %[size];"
		     "*(u64 *)(%[made] + 8) = r1;"
		     "2: r1 = %[got];"
		     "r2 = 8;"
		     "r3 = %[made];"
		     "r4 = 8;"
		     "r5 = 0;"
		     "call %[read];"
		     :
		     : [len] "r"(len), [value] "r"(value), [made] "r"(made),
		       [got] "r"(got), [size] "i"(LOCAL | 16),
		       [from_mem] "i"(BPF_FUNC_dynptr_from_mem),
		       [read] "i"(BPF_FUNC_dynptr_read)
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	note(got[0]);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
