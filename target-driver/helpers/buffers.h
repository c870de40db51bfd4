/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for helpers that need more than a stack gives: three buffers for each
 * CPU, since a program may run inside of another one.
 */
#ifndef VOUCH_BUFFERS_H
#define VOUCH_BUFFERS_H

#include "helpers/print.h"
#include "helpers/unwind.h"

#define VOUCH_BUFFER_TEXT 1024 /* bytes, as in the kernel */

struct vouch_buffer {
	union {
		u64 ips[VOUCH_UNWIND_MAX];
		struct {
			struct vouch_print_args args;
			char text[VOUCH_BUFFER_TEXT];
		};
	};
};

/**
 * vouch_buffers_init() - allocate the buffers.
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_buffers_init(void);

/** vouch_buffers_exit() - free the buffers. */
void vouch_buffers_exit(void);

/**
 * vouch_buffer_get() - take a buffer of this CPU.
 *
 * Preemption is off until vouch_buffer_put(), if there was one.
 *
 * Return: the buffer, or NULL if this CPU has all of them in use.
 */
struct vouch_buffer *vouch_buffer_get(void);

/**
 * vouch_buffer_put() - give back the buffer that was taken last.
 * @b: the buffer, or NULL
 */
void vouch_buffer_put(struct vouch_buffer *b);

#endif /* VOUCH_BUFFERS_H */
