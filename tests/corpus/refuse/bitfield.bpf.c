// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Adds the offset of a bitfield to a pointer before it reads it. */

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
	unsigned int sched_contributes_to_load : 1;
} __attribute__((preserve_access_index));

int seen;

SEC("tp_btf/sched_switch")
int BPF_PROG(bitfield, _Bool preempt, struct task_struct *from,
	     struct task_struct *to)
{
	seen = BPF_CORE_READ_BITFIELD(to, sched_contributes_to_load);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
