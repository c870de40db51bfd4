// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads of memory that may not be there, and records for user space: writes
 * down what each helper returns, and what it left in the program's buffer.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "arch.h"
#include "map.h"

#define RING 4096
#define USER ((void *)0x1000) /* never mapped */
#define BEYOND ((void *)0x8000000000000000) /* no address at all */
#define UNMAPPED ((void *)0xffffffffffffff00)
#define TEXT 24

struct task_struct;

MAP(returned, ARRAY, 256);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000); /* which becomes 8192 */
} uneven SEC(".maps");

/* Strings with and without an end, at odd places of a line of the cache. */
struct texts {
	char pad[61];
	char whole[12];
	char endless[64];
	char empty[1];
	char last[118];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct texts);
} strings SEC(".maps");

static __u32 at;

static __always_inline void note(__u64 value)
{
	__u32 key = at++;

	bpf_map_update_elem(&returned, &key, &value, BPF_ANY);
}

/* A number that tells one buffer from another. */
static __always_inline __u64 digest(const char *p, __u32 n)
{
	__u64 sum = n;
	__u32 i;

	for (i = 0; i < n; i++)
		sum = sum * 131 + (unsigned char)p[i];
	return sum;
}

#define READ(helper, size, from)             \
	do {                                 \
		char b[TEXT];                \
		__u32 n;                     \
                                             \
		for (n = 0; n < TEXT; n++)   \
			b[n] = 0x55;         \
		note(helper(b, size, from)); \
		note(digest(b, TEXT));       \
	} while (0)

static __noinline int read_kernel(struct texts *t)
{
	READ(bpf_probe_read_kernel, TEXT, t->whole);
	READ(bpf_probe_read_kernel, 1, t->whole);
	READ(bpf_probe_read_kernel, 0, t->whole);
	READ(bpf_probe_read_kernel, 0, USER);
	READ(bpf_probe_read_kernel, 7, 0);
	READ(bpf_probe_read_kernel, 7, USER);
	READ(bpf_probe_read_kernel, 7, BEYOND);
	READ(bpf_probe_read_kernel, 7, UNMAPPED);
	READ(bpf_probe_read_kernel_str, TEXT, t->whole);
	READ(bpf_probe_read_kernel_str, 12, t->whole);
	READ(bpf_probe_read_kernel_str, 11, t->whole);
	READ(bpf_probe_read_kernel_str, 3, t->whole);
	READ(bpf_probe_read_kernel_str, 1, t->whole);
	return 0;
}

static __noinline int read_kernel_more(struct texts *t)
{
	READ(bpf_probe_read_kernel_str, 0, t->whole);
	READ(bpf_probe_read_kernel_str, TEXT, t->endless);
	READ(bpf_probe_read_kernel_str, TEXT, t->empty);
	READ(bpf_probe_read_kernel_str, TEXT, t->last);
	READ(bpf_probe_read_kernel_str, 5, 0);
	READ(bpf_probe_read_kernel_str, 5, USER);
	READ(bpf_probe_read_kernel_str, 5, BEYOND);
	READ(bpf_probe_read_kernel_str, 5, UNMAPPED);
	READ(bpf_probe_read_kernel_str, 0, USER);
	return 0;
}

static __noinline int read_user(struct texts *t)
{
	READ(bpf_probe_read_user, 8, 0);
	READ(bpf_probe_read_user, 0, 0);
	READ(bpf_probe_read_user, 8, USER);
	READ(bpf_probe_read_user, 8, BEYOND);
	READ(bpf_probe_read_user, 8, t->whole);
	READ(bpf_probe_read_user_str, 8, 0);
	READ(bpf_probe_read_user_str, 0, 0);
	READ(bpf_probe_read_user_str, 8, USER);
	READ(bpf_probe_read_user_str, 8, BEYOND);
	READ(bpf_probe_read_user_str, 8, t->whole);
	return 0;
}

#define OVER(helper, to, size, from)                                        \
	do {                                                                \
		__u32 n;                                                    \
                                                                            \
		for (n = 0; n < sizeof(t->endless); n++)                    \
			t->endless[n] = 'a' + n % 23;                       \
		t->empty[0] = 0;                                            \
		__builtin_memset(t->last, 'y', sizeof(t->last));            \
		note(helper(t->endless + (to), size, t->endless + (from))); \
		note(digest(t->endless, sizeof(t->endless) + 1 + 60));      \
	} while (0)

/* To where a part of it is. */
static __noinline int read_over(struct texts *t)
{
	OVER(bpf_probe_read_kernel_str, 1, 90, 0);
	OVER(bpf_probe_read_kernel_str, 3, 20, 0);
	OVER(bpf_probe_read_kernel_str, 8, 90, 0);
	OVER(bpf_probe_read_kernel_str, 40, 64, 0);
	OVER(bpf_probe_read_kernel_str, 64, 20, 0);
	OVER(bpf_probe_read_kernel_str, 0, 90, 1);
	OVER(bpf_probe_read_kernel_str, 5, 90, 13);
	OVER(bpf_probe_read_kernel_str, 7, 90, 7);
	OVER(bpf_probe_read_kernel, 1, 50, 0);
	OVER(bpf_probe_read_kernel, 3, 64, 0);
	OVER(bpf_probe_read_kernel, 0, 64, 5);
	return 0;
}

/* Of the caller's stack it is not known what is there, but that it is. */
static __noinline int read_stack(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *typed = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(typed);
	char raw[8], text[8];
	__s64 n, i;
	void *sp;

	note((void *)typed == (void *)task);
	note(bpf_probe_read_kernel(&sp, sizeof(sp), &PT_REGS_SP(regs)));
	note(bpf_probe_read_user(raw, sizeof(raw), sp));
	n = bpf_probe_read_user_str(text, sizeof(text), sp);
	for (i = 0; i < 7 && raw[i]; i++)
		if (raw[i] != text[i])
			break;
	note(i == 7 || !raw[i]);
	note(n == (i ? i + 1 : 0));
	note(bpf_probe_read_kernel(raw, sizeof(raw), sp));
	return 0;
}

static __noinline int query(void)
{
	note(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA));
	note(bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE));
	note(bpf_ringbuf_query(&ring, BPF_RB_CONS_POS));
	note(bpf_ringbuf_query(&ring, BPF_RB_PROD_POS));
	note(bpf_ringbuf_query(&ring, 77));
	note(bpf_ringbuf_query(&uneven, BPF_RB_RING_SIZE));
	return 0;
}

#define has_room(map, size, flags)                               \
	({                                                       \
		void *r = bpf_ringbuf_reserve(map, size, flags); \
		int has = 0;                                     \
                                                                 \
		if (r) {                                         \
			bpf_ringbuf_discard(r, 0);               \
			has = 1;                                 \
		}                                                \
		has;                                             \
	})

static __noinline int fill(struct texts *t)
{
	__u64 *p = bpf_ringbuf_reserve(&ring, 24, 0), *q;

	if (p) {
		p[0] = 0x1111;
		p[1] = 0x2222;
		p[2] = 0x3333;
		q = bpf_ringbuf_reserve(&ring, 8, 0);
		if (q) {
			*q = 0x4444;
			bpf_ringbuf_discard(q, 0);
		}
		bpf_ringbuf_submit(p, BPF_RB_NO_WAKEUP);
	}
	note(has_room(&ring, 24, 1));
	note(bpf_ringbuf_output(&ring, t->whole, 12, 0));
	note(bpf_ringbuf_output(&ring, t->whole, 12, BPF_RB_FORCE_WAKEUP));
	note(bpf_ringbuf_output(&ring, t->whole, 12, 8));
	note(bpf_ringbuf_output(&ring, t->whole, 0, 0));
	return query();
}

static __noinline int fill_whole(struct texts *t)
{
	__u32 i;

	/* What is there already leaves no room for all of it. */
	note(has_room(&ring, RING - 8, 0));
	note(has_room(&ring, RING, 0));
	for (i = 0; i < 20; i++)
		note(bpf_ringbuf_output(&ring, t, sizeof(*t), 0));
	return query();
}

SEC("xdp")
int memory(struct xdp_md *ctx)
{
	struct texts *t;
	__u32 key = 0;

	t = bpf_map_lookup_elem(&strings, &key);
	if (!t)
		return XDP_ABORTED;
	at = 0;
	__builtin_memcpy(t->whole, "hello world", 12);
	__builtin_memset(t->endless, 'x', sizeof(t->endless));
	__builtin_memset(t->last, 'y', sizeof(t->last));
	read_kernel(t);
	read_kernel_more(t);
	read_over(t);
	read_user(t);
	read_stack();
	fill(t);
	fill_whole(t);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
