/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Edits of records: how a test says what the lying guest changes. Shared by
 * the lying module and the lying agent.
 *
 * A script is one or more edits joined by commas, carried out in their order.
 * Offsets and lengths are decimal, in bytes:
 *
 *	OFF=HEX		write these bytes over what stands at OFF
 *	OFF<HEX		insert these bytes at OFF
 *	OFF!LEN		insert LEN zero bytes at OFF
 *	OFF>LEN		cut LEN bytes out at OFF
 *	OFF+N, OFF-N	add to, or take from, the 32-bit integer at OFF
 *	OFF*N, OFF/N	the same with the 64-bit integer at OFF
 *	OFF~OFF:LEN	exchange LEN bytes at one offset with those at another
 *	OFF^OFF:LEN	write over LEN bytes at one offset those at another
 */
#ifndef LYING_EDIT_H
#define LYING_EDIT_H

#include "base.h"

/* A buffer of records while it is edited. */
struct lying_edit {
	u8 *buf;
	size_t len;
	size_t size; /* of buf */
};

static inline bool lying_number(const char **p, u64 *out)
{
	u32 digits = 0;

	for (*out = 0; **p >= '0' && **p <= '9' && digits < 19; digits++)
		*out = *out * 10 + (u64)(*(*p)++ - '0');
	return digits;
}

static inline int lying_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool lying_byte(const char **p, u8 *out)
{
	int high = lying_digit((*p)[0]);
	int low = high < 0 ? -1 : lying_digit((*p)[1]);

	if (low < 0)
		return false;
	*out = (u8)(high << 4 | low);
	*p += 2;
	return true;
}

static inline bool lying_inside(const struct lying_edit *e, u64 off, u64 len)
{
	return off <= e->len && len <= e->len - off;
}

static inline bool lying_write(struct lying_edit *e, u64 off, const char **p)
{
	u8 byte;

	while (lying_byte(p, &byte)) {
		if (!lying_inside(e, off, 1))
			return false;
		e->buf[off++] = byte;
	}
	return true;
}

static inline bool lying_insert(struct lying_edit *e, u64 off, u64 len)
{
	if (!lying_inside(e, off, 0) || len > e->size - e->len)
		return false;
	memmove(e->buf + off + len, e->buf + off, e->len - off);
	memset(e->buf + off, 0, len);
	e->len += len;
	return true;
}

/* Bytes that a script spells from here. */
static inline u64 lying_spelt(const char *p)
{
	u64 n = 0;
	u8 byte;

	while (lying_byte(&p, &byte))
		n++;
	return n;
}

static inline bool lying_cut(struct lying_edit *e, u64 off, u64 len)
{
	if (!lying_inside(e, off, len))
		return false;
	memmove(e->buf + off, e->buf + off + len, e->len - off - len);
	e->len -= len;
	return true;
}

static inline bool lying_add(struct lying_edit *e, u64 off, u64 n, u32 width)
{
	u64 value = 0;
	u32 i;

	if (!lying_inside(e, off, width))
		return false;
	for (i = 0; i < width; i++)
		value |= (u64)e->buf[off + i] << 8 * i;
	value += n;
	for (i = 0; i < width; i++)
		e->buf[off + i] = (u8)(value >> 8 * i);
	return true;
}

static inline bool lying_copy(struct lying_edit *e, u64 to, u64 from, u64 len)
{
	if (!lying_inside(e, to, len) || !lying_inside(e, from, len))
		return false;
	memmove(e->buf + to, e->buf + from, len);
	return true;
}

static inline bool lying_exchange(struct lying_edit *e, u64 a, u64 b, u64 len)
{
	u64 i;

	if (!lying_inside(e, a, len) || !lying_inside(e, b, len))
		return false;
	for (i = 0; i < len; i++) {
		u8 byte = e->buf[a + i];

		e->buf[a + i] = e->buf[b + i];
		e->buf[b + i] = byte;
	}
	return true;
}

static inline bool lying_step(struct lying_edit *e, const char **p)
{
	u64 off, n, len;
	char what;

	if (!lying_number(p, &off))
		return false;
	what = *(*p)++;
	if (what == '=')
		return lying_write(e, off, p);
	if (what == '<')
		return lying_insert(e, off, lying_spelt(*p)) &&
		       lying_write(e, off, p);
	if (!lying_number(p, &n))
		return false;
	switch (what) {
	case '!':
		return lying_insert(e, off, n);
	case '>':
		return lying_cut(e, off, n);
	case '+':
		return lying_add(e, off, n, 4);
	case '-':
		return lying_add(e, off, -n, 4);
	case '*':
		return lying_add(e, off, n, 8);
	case '/':
		return lying_add(e, off, -n, 8);
	case '~':
		return *(*p)++ == ':' && lying_number(p, &len) &&
		       lying_exchange(e, off, n, len);
	case '^':
		return *(*p)++ == ':' && lying_number(p, &len) &&
		       lying_copy(e, off, n, len);
	default:
		return false;
	}
}

/* Carry out a script; false if it is none, or leaves the records. */
static inline bool lying_edit_run(struct lying_edit *e, const char *script)
{
	while (lying_step(e, &script)) {
		if (!*script)
			return true;
		if (*script++ != ',')
			return false;
	}
	return false;
}

#endif /* LYING_EDIT_H */
