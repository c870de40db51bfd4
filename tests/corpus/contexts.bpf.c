// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each program notes the words of its context. */

#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

#define WORDS 21 /* of them at most */

struct words {
	__u64 at[WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct words);
} noted SEC(".maps");

static __always_inline struct words *note(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&noted, &key);
}

SEC("raw_tp/task_rename")
int on_args(struct bpf_raw_tracepoint_args *ctx)
{
	struct words *w = note();

	if (!w)
		return -1;
	w->at[0] = ctx->args[0];
	w->at[1] = ctx->args[1];
	w->at[2] = ctx->args[2];
	return (int)ctx->args[2] + 1;
}

SEC("kprobe/do_nanosleep")
int on_regs(const __u64 *regs)
{
	struct words *w = note();

	if (!w)
		return -1;
	w->at[0] = regs[0];
	w->at[4] = regs[4];
	w->at[10] = regs[10];
	w->at[13] = regs[13];
	w->at[14] = regs[14];
	w->at[16] = regs[16];
	w->at[19] = regs[19];
	return regs[14] == 7;
}

struct record {
	__u64 regs;
	__u32 pid;
	char old[16], new[16];
	__s16 oom;
};

SEC("tracepoint/task/task_rename")
int on_record(struct record *ctx)
{
	struct words *w = note();

	if (!w)
		return -1;
	w->at[0] = ctx->pid;
	w->at[1] = *(volatile __u32 *)ctx->new;
	w->at[2] = ctx->oom;
	return ctx->pid & 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
