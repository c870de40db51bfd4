/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inputs that are a list of changes to something whole, where plain bytes
 * would be refused at the door: a byte that says what to do, and what it
 * needs, over and over.
 */
#ifndef VOUCH_FUZZ_EDITS_H
#define VOUCH_FUZZ_EDITS_H

#include "fuzz.h"

struct fuzz_edited {
	u8 *data; /* malloc()ed */
	size_t len, max;
};

/* A copy of @data with room for what an input inserts. */
static inline struct fuzz_edited fuzz_editable(const void *data, size_t len)
{
	struct fuzz_edited e = { .len = len, .max = len + 4096 };

	e.data = calloc(1, e.max);
	if (!e.data)
		abort();
	memcpy(e.data, data, len);
	return e;
}

/* Gives back what is beyond the end, so that a byte too far is found. */
static inline u8 *fuzz_edited_end(struct fuzz_edited *e)
{
	u8 *copy = fuzz_copy(e->data, e->len);

	free(e->data);
	e->data = NULL;
	return copy;
}

enum fuzz_edit {
	FUZZ_EDIT_BYTE, /* offset, byte */
	FUZZ_EDIT_ADD, /* offset, width, what is added to the integer there */
	FUZZ_EDIT_SET, /* offset, width, the integer that is put there */
	FUZZ_EDIT_BYTES, /* offset, length, bytes over those there */
	FUZZ_EDIT_INSERT, /* offset, length, bytes between those there */
	FUZZ_EDIT_DELETE, /* offset, length */
	FUZZ_EDIT_MOVE, /* from, to, length */
	FUZZ_EDIT_CUT, /* length of what is left */
	FUZZ_N_EDITS,
};

static inline void fuzz_add(u8 *p, u32 width, u64 value)
{
	u64 n = 0;

	memcpy(&n, p, width);
	n += value;
	memcpy(p, &n, width);
}

static inline void fuzz_insert(struct fuzz_edited *e, size_t at,
			       struct fuzz_input *in)
{
	size_t got;
	const u8 *p = fuzz_bytes(in, fuzz_u8(in), &got);

	if (e->len + got > e->max)
		return;
	memmove(e->data + at + got, e->data + at, e->len - at);
	if (got)
		memcpy(e->data + at, p, got);
	e->len += got;
}

static inline void fuzz_delete(struct fuzz_edited *e, size_t at, size_t len)
{
	if (len > e->len - at)
		len = e->len - at;
	memmove(e->data + at, e->data + at + len, e->len - at - len);
	e->len -= len;
}

static inline void fuzz_overwrite(struct fuzz_edited *e, size_t at,
				  struct fuzz_input *in)
{
	size_t got;
	const u8 *p = fuzz_bytes(in, fuzz_u8(in), &got);

	if (got > e->len - at)
		got = e->len - at;
	if (got)
		memcpy(e->data + at, p, got);
}

static inline void fuzz_integer(struct fuzz_edited *e, size_t at,
				struct fuzz_input *in, bool add)
{
	u32 width = 1u << fuzz_u8(in) % 4;
	u64 value = width == 1	 ? fuzz_u8(in)
		    : width == 2 ? fuzz_u16(in)
		    : width == 4 ? fuzz_u32(in)
				 : fuzz_u64(in);

	if (width > e->len - at)
		return;
	if (!add)
		memset(e->data + at, 0, width);
	fuzz_add(e->data + at, width, value);
}

/* One change; offsets are taken modulo the length. */
static inline void fuzz_edit_once(struct fuzz_edited *e, struct fuzz_input *in)
{
	enum fuzz_edit what = fuzz_u8(in) % FUZZ_N_EDITS;
	size_t at = fuzz_u16(in) % (e->len + 1), to;

	switch (what) {
	case FUZZ_EDIT_BYTE:
		if (at < e->len)
			e->data[at] = fuzz_u8(in);
		break;
	case FUZZ_EDIT_ADD:
	case FUZZ_EDIT_SET:
		fuzz_integer(e, at, in, what == FUZZ_EDIT_ADD);
		break;
	case FUZZ_EDIT_BYTES:
		fuzz_overwrite(e, at, in);
		break;
	case FUZZ_EDIT_INSERT:
		fuzz_insert(e, at, in);
		break;
	case FUZZ_EDIT_DELETE:
		fuzz_delete(e, at, fuzz_u8(in));
		break;
	case FUZZ_EDIT_MOVE:
		to = fuzz_u16(in) % (e->len + 1);
		if (to < at)
			fuzz_delete(e, to, at - to);
		break;
	default:
		e->len = at;
		break;
	}
}

/* Applies all changes, at most 64. */
static inline void fuzz_edit(struct fuzz_edited *e, struct fuzz_input *in)
{
	int i;

	for (i = 0; i < 64 && in->left; i++)
		fuzz_edit_once(e, in);
}

/* Changes that keep the length, as many as @times says, below 16. */
static inline void fuzz_change(void *p, size_t len, u8 times,
			       struct fuzz_input *in)
{
	struct fuzz_edited e = { .len = len, .max = len };
	u8 i;

	e.data = calloc(1, len + 1);
	if (!e.data)
		abort();
	memcpy(e.data, p, len);
	for (i = 0; i < times % 16 && in->left; i++)
		fuzz_edit_once(&e, in);
	memcpy(p, e.data, len);
	free(e.data);
}

#endif /* VOUCH_FUZZ_EDITS_H */
