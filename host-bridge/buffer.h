/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing run of bytes. An allocation that fails is remembered. */
#ifndef VOUCH_BUFFER_H
#define VOUCH_BUFFER_H

#include <stdlib.h>

#include "../common/base.h"

struct vouch_buffer {
	u8 *data;
	size_t len, capacity;
	bool failed;
};

/**
 * vouch_buffer_add() - append bytes.
 * @b: the buffer
 * @data: the bytes; NULL for zeros
 * @len: their number
 */
static inline void vouch_buffer_add(struct vouch_buffer *b, const void *data,
				    size_t len)
{
	if (b->len + len > b->capacity && !b->failed) {
		size_t capacity = 2 * b->capacity + len + 256;
		u8 *more = realloc(b->data, capacity);

		if (more) {
			b->data = more;
			b->capacity = capacity;
		} else {
			b->failed = true;
		}
	}
	if (b->failed || !len)
		return;
	if (data)
		memcpy(b->data + b->len, data, len);
	else
		memset(b->data + b->len, 0, len);
	b->len += len;
}

/**
 * vouch_buffer_pad() - append one byte value up to an alignment.
 * @b: the buffer
 * @align: a power of two, bytes
 * @value: the byte
 */
static inline void vouch_buffer_pad(struct vouch_buffer *b, size_t align,
				    u8 value)
{
	while (!b->failed && b->len % align)
		vouch_buffer_add(b, &value, 1);
}

#endif /* VOUCH_BUFFER_H */
