// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What programs are told of where they are attached, each in its place. */

#include "arch.h"
#include "map.h"

MAP(returned, ARRAY, 16);

static __always_inline void note(__u32 at, __u64 value)
{
	bpf_map_update_elem(&returned, &at, &value, BPF_ANY);
}

SEC("kprobe/" SYSCALL("ioctl"))
int at_entry(void *ctx)
{
	note(0, bpf_get_func_ip(ctx));
	note(1, bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("kretprobe/" SYSCALL("ioctl"))
int at_return(void *ctx)
{
	note(2, bpf_get_func_ip(ctx));
	note(3, bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("kprobe")
int at_offset(void *ctx)
{
	note(4, bpf_get_func_ip(ctx));
	note(5, bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int at_record(void *ctx)
{
	note(6, bpf_get_attach_cookie(ctx));
	return 0;
}

SEC("perf_event")
int at_event(void *ctx)
{
	note(7, bpf_get_attach_cookie(ctx));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
