// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text; the meaning is that of kernel/trace/bpf_trace.c and
 * kernel/bpf/helpers.c. What the kernel writes to trace_pipe goes into a ring
 * of vouch_target's own, which needs no tracing in the kernel.
 */

#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "helpers/buffers.h"
#include "helpers/export.h"
#include "helpers/printing.h"
#include "maps/output.h"
#include "maps/ring.h"
#include "vouch_target_abi.h"

#define LOG_SIZE (64u << 10) /* bytes */

static struct vouch_ring lines;

struct entry {
	u64 time;
	struct vouch_target_line line;
	char text[];
};

int vouch_printing_init(void)
{
	int err = vouch_buffers_init();

	if (!err)
		err = vouch_ring_init(&lines, LOG_SIZE);
	if (err)
		vouch_printing_exit();
	return err;
}

void vouch_printing_exit(void)
{
	vouch_ring_free(&lines);
	vouch_buffers_exit();
}

void vouch_printing_take(struct vouch_taken *out)
{
	vouch_ring_take(&lines, sizeof(u64), VOUCH_TARGET_NO_CPU, out);
}

static __always_inline void *ptr(u64 r)
{
	return (void *)(unsigned long)r;
}

static vouch_untraced void write_line(const char *text)
{
	u32 len = strlen(text);
	struct entry *e = vouch_ring_reserve(&lines, sizeof(*e) + len);

	if (!e)
		return;
	e->time = ktime_get_mono_fast_ns();
	e->line.cpu = smp_processor_id();
	e->line.pid = current->pid;
	memcpy(e->line.comm, current->comm, sizeof(e->line.comm));
	memcpy(e->text, text, len);
	vouch_ring_commit(e, false);
}

static vouch_untraced long print_line(const char *fmt, u32 fmt_size,
				      const u64 *args, u32 n)
{
	struct vouch_buffer *b = vouch_buffer_get();
	long ret;

	if (!b)
		return -EBUSY;
	ret = vouch_print_prepare(fmt, fmt_size, args, n, &b->args);
	if (!ret) {
		ret = vouch_print_format(b->text, sizeof(b->text), fmt,
					 &b->args);
		write_line(b->text);
	}
	vouch_buffer_put(b);
	return ret;
}

static vouch_untraced bool args_ok(u64 args, u32 len)
{
	return !(len % sizeof(u64)) &&
	       len <= VOUCH_PRINT_MAX_ARGS * sizeof(u64) && (args || !len);
}

/* r1 format, r2 its bytes, r3 to r5 arguments */
VOUCH_HELPER(trace_printk)
{
	u64 args[] = { r3, r4, r5 };

	return print_line(ptr(r1), r2, args, ARRAY_SIZE(args));
}

/* r1 format, r2 its bytes, r3 arguments, r4 their bytes */
VOUCH_HELPER(trace_vprintk)
{
	u32 len = r4;

	if (!args_ok(r3, len))
		return -EINVAL;
	return print_line(ptr(r1), r2, ptr(r3), len / sizeof(u64));
}

/* r1 buffer, r2 its bytes, r3 format, r4 arguments, r5 their bytes */
VOUCH_HELPER(snprintf)
{
	u32 len = r5;
	struct vouch_buffer *b;
	long ret;

	if (!args_ok(r4, len))
		return -EINVAL;
	b = vouch_buffer_get();
	if (!b)
		return -EBUSY;
	ret = vouch_print_prepare(ptr(r3), UINT_MAX, ptr(r4), len / sizeof(u64),
				  &b->args);
	if (!ret)
		ret = vouch_print_format(ptr(r1), r2, ptr(r3), &b->args) + 1;
	vouch_buffer_put(b);
	return ret;
}
