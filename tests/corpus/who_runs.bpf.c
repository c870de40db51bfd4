// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who runs, by its PID namespace, and what signals to it return. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "note.h"

/* As user space finds the first PID namespace in /proc. */
#define FIRST_PID_NS 0xeffffffcu
#define N_DEVICES 256 /* it is on one of the first */
#define IGNORED 23 /* SIGURG: nobody minds it */
#define SENTINEL 0x5a5a5a5a

static __always_inline long ask(__u64 dev, __u64 inode,
				struct bpf_pidns_info *info, __u32 size)
{
	info->pid = SENTINEL;
	info->tgid = SENTINEL;
	return bpf_get_ns_current_pid_tgid(dev, inode, info, size);
}

static __noinline int refusals(void)
{
	struct bpf_pidns_info more[2];

	note(ask(0, 0, more, sizeof(more[0])));
	note(more[0].pid | more[0].tgid);
	note(ask(1ull << 32, FIRST_PID_NS, more, sizeof(more[0])));
	note(more[0].pid | more[0].tgid);
	more[1].pid = SENTINEL;
	note(ask(0, FIRST_PID_NS, more, sizeof(more)));
	note(more[0].pid | more[1].pid);
	note(ask(0, FIRST_PID_NS, more, 4));
	note((__u64)more[0].pid << 32 | more[0].tgid);
	return 0;
}

/* How many devices have that namespace, and what it says of who runs. */
static __noinline int find(__u32 inode)
{
	__u64 mine = bpf_get_current_pid_tgid();
	__u32 found = 0, same = 0, dev;
	struct bpf_pidns_info info;

	for (dev = 0; dev < N_DEVICES; dev++) {
		if (ask(dev, inode, &info, sizeof(info)))
			continue;
		found++;
		same += info.pid == (__u32)mine && info.tgid == mine >> 32;
		/* No more of its bits are compared than there are. */
		found += !ask(dev, 1ull << 32 | inode, &info, sizeof(info));
		found += !ask(1ull << 32 | dev, inode, &info, sizeof(info));
	}
	note(found);
	note(same);
	return 0;
}

static __noinline int signals(void)
{
	static const __u32 numbers[] = { 65, 0x80000000, 0xffffffff, IGNORED };
	__u32 i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		note(bpf_send_signal(numbers[i]));
		note(bpf_send_signal_thread(numbers[i]));
	}
	return 0;
}

SEC("raw_tp/task_rename")
int who_runs(void *ctx)
{
	refusals();
	find(FIRST_PID_NS);
	find(FIRST_PID_NS - 1);
	signals();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
