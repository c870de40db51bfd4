// SPDX-License-Identifier: GPL-2.0-only

#include <linux/percpu.h>
#include <linux/preempt.h>

#include "helpers/buffers.h"

#define LEVELS 3

struct buffers {
	struct vouch_buffer levels[LEVELS];
	int used;
};

static struct buffers __percpu *buffers;

int vouch_buffers_init(void)
{
	buffers = alloc_percpu(struct buffers);
	return buffers ? 0 : -ENOMEM;
}

void vouch_buffers_exit(void)
{
	free_percpu(buffers);
}

vouch_untraced struct vouch_buffer *vouch_buffer_get(void)
{
	struct buffers *b;
	int level;

	preempt_disable();
	b = this_cpu_ptr(buffers);
	level = this_cpu_inc_return(buffers->used);
	if (likely(level <= LEVELS))
		return &b->levels[level - 1];
	this_cpu_dec(buffers->used);
	preempt_enable();
	return NULL;
}

vouch_untraced void vouch_buffer_put(struct vouch_buffer *b)
{
	if (!b)
		return;
	this_cpu_dec(buffers->used);
	preempt_enable();
}
