// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a program learns of its kernel: offsets, sizes, existence, settings. */

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

/* Only the target's kernel has it. */
struct task_struct___target {
	int vouch_there;
} __attribute__((preserve_access_index));

enum pid_type {
	PIDTYPE_SID = 3,
};

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig __weak;
extern _Bool CONFIG_BPF_SYSCALL __kconfig __weak;

int seen[8];

SEC("tp_btf/sched_switch")
int BPF_PROG(walk, _Bool preempt, struct task_struct *from,
	     struct task_struct *to)
{
	seen[0] = to->pid;
	return 0;
}

SEC("kprobe/do_nanosleep")
int ask(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	seen[1] = BPF_CORE_READ(task, pid);
	seen[2] = bpf_core_field_offset(struct task_struct, tgid);
	seen[3] =
		bpf_core_field_exists(struct task_struct___target, vouch_there)
			? 0x1111
			: 0x2222;
	seen[4] = bpf_core_type_size(struct task_struct);
	seen[5] = LINUX_KERNEL_VERSION;
	seen[6] = CONFIG_HZ;
	seen[7] = CONFIG_BPF_SYSCALL ? 0x3333 : 0x4444;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
