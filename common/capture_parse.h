/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the one parser of captures share. */
#ifndef VOUCH_CAPTURE_PARSE_H
#define VOUCH_CAPTURE_PARSE_H

#include "capture.h"

/* A place in the sequence of records. */
struct vouch_capture_cursor {
	const u8 *pos;
	const u8 *end;
	u32 left; /* records */
};

/* One record: its type and its payload. */
struct vouch_capture_item {
	u32 type;
	u32 length;
	const u8 *data;
};

/* The reason that is none of the capture's fault. */
extern const char vouch_capture_no_memory[];

static inline u64 vouch_capture_pad(u64 n)
{
	return (n + 7) & ~7ull;
}

/**
 * vouch_capture_peek() - look at the next record without moving on.
 * @c: where the parser is
 * @item: set; type 0 behind the last record
 *
 * Return: NULL, or what is wrong.
 */
const char *vouch_capture_peek(const struct vouch_capture_cursor *c,
			       struct vouch_capture_item *item);

/**
 * vouch_capture_step() - move on to the next record.
 * @c: where the parser is
 * @item: the record that it leaves
 */
void vouch_capture_step(struct vouch_capture_cursor *c,
			const struct vouch_capture_item *item);

/**
 * vouch_capture_take_prog() - take a PROG record and all that belongs to it.
 * @c: where the parser is; moved behind it
 * @view: gets the program
 * @item: the PROG record
 *
 * Return: NULL, or what is wrong.
 */
const char *vouch_capture_take_prog(struct vouch_capture_cursor *c,
				    struct vouch_capture_view *view,
				    const struct vouch_capture_item *item);

#endif /* VOUCH_CAPTURE_PARSE_H */
