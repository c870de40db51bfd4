// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Building a capture, record by record. */

#include <stdlib.h>

#include "capture_write.h"

/* Room for @len more bytes, or false with w->err set. */
static bool make_room(struct vouch_capture_writer *w, size_t len)
{
	size_t size = w->size ? w->size : 65536;
	u8 *p;

	if (w->err)
		return false;
	if (len > VOUCH_CAPTURE_MAX - w->len) {
		w->err = -EMSGSIZE;
		return false;
	}
	while (size < w->len + len)
		size *= 2;
	if (size == w->size)
		return true;
	p = realloc(w->buf, size);
	if (!p) {
		w->err = -ENOMEM;
		return false;
	}
	w->buf = p;
	w->size = size;
	return true;
}

static void append(struct vouch_capture_writer *w, const void *p, size_t len)
{
	if (!len || !make_room(w, len))
		return;
	memcpy(w->buf + w->len, p, len);
	w->len += len;
}

static void begin(struct vouch_capture_writer *w)
{
	static const struct vouch_capture_head empty;

	if (!w->len)
		append(w, &empty, sizeof(empty));
}

void vouch_capture_write_record(struct vouch_capture_writer *w, u32 type,
				const void *fixed, size_t fixed_len,
				const void *rest, size_t rest_len)
{
	static const u8 zeros[8];
	struct vouch_capture_record record = {
		.type = cpu_to_le32(type),
		.length = cpu_to_le32(fixed_len + rest_len),
	};

	begin(w);
	append(w, &record, sizeof(record));
	append(w, fixed, fixed_len);
	append(w, rest, rest_len);
	append(w, zeros, -(fixed_len + rest_len) % 8);
	w->n_records++;
}

void vouch_capture_write_raw(struct vouch_capture_writer *w,
			     const void *records, size_t len, u32 n)
{
	begin(w);
	append(w, records, len);
	w->n_records += n;
}

int vouch_capture_write_finish(struct vouch_capture_writer *w)
{
	struct vouch_capture_head head = {
		.version = cpu_to_le32(VOUCH_CAPTURE_VERSION),
		.n_records = cpu_to_le32(w->n_records),
	};

	begin(w);
	if (w->err)
		return w->err;
	memcpy(head.magic, VOUCH_CAPTURE_MAGIC, sizeof(head.magic));
	head.size = cpu_to_le64(w->len);
	memcpy(w->buf, &head, sizeof(head));
	return 0;
}

void vouch_capture_write_free(struct vouch_capture_writer *w)
{
	free(w->buf);
	memset(w, 0, sizeof(*w));
}
