/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF, made type by type. */
#ifndef VOUCH_BTF_TEXT_H
#define VOUCH_BTF_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "btf_types.h"

/* BTF while it is made. */
struct btf_text {
	u8 types[4096];
	u32 len;
	u32 n; /* types */
	char strings[512];
	u32 strings_len;
};

static inline u32 btf_string(struct btf_text *b, const char *s)
{
	u32 at = b->strings_len;

	assert_true(at + strlen(s) < sizeof(b->strings));
	strcpy(b->strings + at, s);
	b->strings_len += strlen(s) + 1;
	return at;
}

/* Returns the type's id. */
static inline u32 btf_add(struct btf_text *b, const char *name, u32 info,
			  u32 size, const void *extra, size_t extra_len)
{
	const struct btf_type t = { *name ? btf_string(b, name) : 0,
				    info,
				    { size } };

	assert_true(b->len + sizeof(t) + extra_len <= sizeof(b->types));
	memcpy(b->types + b->len, &t, sizeof(t));
	if (extra_len)
		memcpy(b->types + b->len + sizeof(t), extra, extra_len);
	b->len += sizeof(t) + extra_len;
	return ++b->n;
}

#define BTF_TEXT_MAX                                                         \
	(sizeof(struct btf_header) + sizeof(((struct btf_text *)0)->types) + \
	 sizeof(((struct btf_text *)0)->strings))

/* Raw BTF into @out, of BTF_TEXT_MAX bytes; returns how many it has. */
static inline size_t btf_write(const struct btf_text *b, u8 *out)
{
	const struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = 1,
		.hdr_len = sizeof(h),
		.type_len = b->len,
		.str_off = b->len,
		.str_len = b->strings_len,
	};

	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), b->types, b->len);
	memcpy(out + sizeof(h) + b->len, b->strings, b->strings_len);
	return sizeof(h) + b->len + b->strings_len;
}

static inline void btf_open(const struct btf_text *b, u8 *out,
			    struct vouch_types *types)
{
	size_t len = btf_write(b, out);

	assert_int_equal(vouch_types_open(types, out, len), 0);
}

#endif /* VOUCH_BTF_TEXT_H */
