/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Building a capture. User space only. */
#ifndef VOUCH_CAPTURE_WRITE_H
#define VOUCH_CAPTURE_WRITE_H

#include "capture.h"

/* A capture that grows; all zero at first. */
struct vouch_capture_writer {
	u8 *buf; /* NULL before the first record */
	size_t len;
	size_t size;
	u32 n_records;
	int err; /* of the first call that failed */
};

/**
 * vouch_capture_write_record() - append one record.
 * @w: the writer
 * @type: enum vouch_record_type
 * @fixed: the fixed part of the payload, borrowed
 * @fixed_len: its length in bytes
 * @rest: what follows it, borrowed; may be NULL if @rest_len is 0
 * @rest_len: its length in bytes
 *
 * An error is kept and told by vouch_capture_write_finish().
 */
void vouch_capture_write_record(struct vouch_capture_writer *w, u32 type,
				const void *fixed, size_t fixed_len,
				const void *rest, size_t rest_len);

/**
 * vouch_capture_write_raw() - append records that are whole already.
 * @w: the writer
 * @records: the records, padded, borrowed
 * @len: their length in bytes, a multiple of 8
 * @n: their number
 */
void vouch_capture_write_raw(struct vouch_capture_writer *w,
			     const void *records, size_t len, u32 n);

/**
 * vouch_capture_write_finish() - complete the header.
 * @w: the writer; on success @w->buf holds @w->len bytes of capture
 *
 * Return: 0, -ENOMEM, or -EMSGSIZE beyond VOUCH_CAPTURE_MAX.
 */
int vouch_capture_write_finish(struct vouch_capture_writer *w);

/**
 * vouch_capture_write_free() - free the capture.
 * @w: the writer; all zero afterwards
 */
void vouch_capture_write_free(struct vouch_capture_writer *w);

#endif /* VOUCH_CAPTURE_WRITE_H */
