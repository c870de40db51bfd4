// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A tracing program that reads kernel structures through their types. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

int last;

SEC("tp_btf/sched_switch")
int BPF_PROG(tp_btf, _Bool preempt, struct task_struct *prev,
	     struct task_struct *to)
{
	last = to->pid;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
