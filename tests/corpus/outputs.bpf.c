// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who makes ioctls, said in each way that a program of tracing has: by a
 * kprobe, a tracepoint's record and a raw tracepoint.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "arch.h"

#define DEPTH 32

struct event {
	__u64 pid_tgid, uid_gid, cgroup;
	__u64 by; /* 1 kprobe, 2 record, 3 raw tracepoint */
	__s64 kernel_id, user_id; /* of the stacks */
	__u64 deep; /* bytes of the kernel's stack */
	__s64 within; /* the cgroup of entry 0 */
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, DEPTH * sizeof(__u64));
	__uint(max_entries, 4096);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, 2);
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} returned SEC(".maps");

struct record {
	__u64 head;
	__s64 id;
	__u64 args[6];
};

static __always_inline void note(__u32 at, __u64 value)
{
	bpf_map_update_elem(&returned, &at, &value, BPF_ANY);
}

static __always_inline void say(void *ctx, __u64 by)
{
	__u64 frames[DEPTH];
	struct event e = {
		.pid_tgid = bpf_get_current_pid_tgid(),
		.uid_gid = bpf_get_current_uid_gid(),
		.cgroup = bpf_get_current_cgroup_id(),
		.by = by,
		.kernel_id = bpf_get_stackid(ctx, &stacks, 0),
		.user_id = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK),
		.deep = bpf_get_stack(ctx, frames, sizeof(frames), 0),
		.within = bpf_current_task_under_cgroup(&cgroups, 0),
	};

	bpf_get_current_comm(e.comm, sizeof(e.comm));
	note(0, bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &e,
				      sizeof(e)));
	note(1, bpf_perf_event_output(ctx, &events, 4000, &e, sizeof(e)));
	note(2, bpf_perf_event_output(ctx, &events, 1ull << 32, &e, sizeof(e)));
	note(3, bpf_ringbuf_output(&ring, &e, sizeof(e), 0));
	note(4, bpf_get_stackid(ctx, &stacks, 1 << 13));
	note(5, bpf_get_stackid(ctx, &stacks, 200));
	note(6, bpf_get_stack(ctx, frames, sizeof(frames), 200));
	note(7, bpf_get_stack(ctx, frames, 7, 0));
	note(8, bpf_current_task_under_cgroup(&cgroups, 2));
	note(9, bpf_get_current_ancestor_cgroup_id(0));
	note(10, bpf_get_current_ancestor_cgroup_id(77));
}

SEC("kprobe/" SYSCALL("ioctl"))
int by_kprobe(void *ctx)
{
	say(ctx, 1);
	bpf_printk("%s by %d", "kprobe", 1);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int by_record(struct record *ctx)
{
	if (ctx->id == NR_IOCTL)
		say(ctx, 2);
	return 0;
}

SEC("raw_tp/sys_enter")
int by_raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] == NR_IOCTL)
		say(ctx, 3);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
