// SPDX-License-Identifier: BSD-2-Clause
/* Values of variables, as texts of a submission's options. */

#include <stdlib.h>

#include "object_value.h"

static bool is_enum(const struct vouch_type *type)
{
	u32 kind = BTF_INFO_KIND(type->t.info);

	return kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

/* A number of @bytes bytes, in any base that C knows. */
static bool read_integer(const char *text, u32 bytes, bool is_signed, u64 *out)
{
	u32 bits = bytes * 8 - is_signed;
	char *end;
	s64 n;

	if (!*text)
		return false;
	errno = 0;
	if (*text != '-') {
		*out = strtoull(text, &end, 0);
		return !*end && !errno && (bits >= 64 || !(*out >> bits));
	}
	n = strtoll(text, &end, 0);
	*out = (u64)n;
	return !*end && !errno && is_signed &&
	       (bits >= 63 || n >= -(1ll << bits));
}

/* A name of the enumeration, or its number. */
static bool read_enum(const struct vouch_types *types,
		      const struct vouch_type *type, const char *text, u64 *out)
{
	bool wide = BTF_INFO_KIND(type->t.info) == BTF_KIND_ENUM64;
	u32 i, n = BTF_INFO_VLEN(type->t.info);

	for (i = 0; i < n; i++) {
		struct btf_enum64 big = {};
		struct btf_enum one;

		if (wide) {
			memcpy(&big, type->extra + i * sizeof(big),
			       sizeof(big));
		} else {
			memcpy(&one, type->extra + i * sizeof(one),
			       sizeof(one));
			big.name_off = one.name_off;
			big.val_lo32 = (u32)one.val;
			big.val_hi32 = one.val < 0 ? ~0u : 0;
		}
		if (strcmp(vouch_types_name(types, big.name_off), text))
			continue;
		*out = (u64)big.val_hi32 << 32 | big.val_lo32;
		return true;
	}
	return read_integer(text, type->t.size, BTF_INFO_KFLAG(type->t.info),
			    out);
}

static bool read_int(const struct vouch_type *type, const char *text, u64 *out)
{
	u32 encoding;

	memcpy(&encoding, type->extra, sizeof(encoding));
	if (!(BTF_INT_ENCODING(encoding) & BTF_INT_BOOL))
		return read_integer(text, type->t.size,
				    BTF_INT_ENCODING(encoding) & BTF_INT_SIGNED,
				    out);
	*out = !strcmp(text, "true") || !strcmp(text, "1");
	return *out || !strcmp(text, "false") || !strcmp(text, "0");
}

/* The rest of the array becomes zero. */
static int set_characters(const struct vouch_types *types,
			  const struct vouch_type *type, u8 *p, u32 size,
			  const char *text)
{
	struct btf_array array;
	struct vouch_type of;

	memcpy(&array, type->extra, sizeof(array));
	if (!vouch_types_strip(types, array.type, &of) ||
	    BTF_INFO_KIND(of.t.info) != BTF_KIND_INT || of.t.size != 1 ||
	    array.nelems != size || strlen(text) >= size)
		return -EINVAL;
	memset(p, 0, size);
	memcpy(p, text, strlen(text));
	return 0;
}

static int set_value(const struct vouch_types *types,
		     const struct vouch_type *type, u8 *p, u32 size,
		     const char *text)
{
	u32 kind = BTF_INFO_KIND(type->t.info);
	u64 number = 0;
	bool good;

	if (kind == BTF_KIND_ARRAY)
		return set_characters(types, type, p, size, text);
	if ((kind != BTF_KIND_INT && !is_enum(type)) || !size || size > 8 ||
	    type->t.size != size)
		return -EINVAL;
	good = is_enum(type) ? read_enum(types, type, text, &number)
			     : read_int(type, text, &number);
	if (!good)
		return -EINVAL;
	/* Both are little-endian. */
	memcpy(p, &number, size);
	return 0;
}

int vouch_value_set(const struct vouch_types *types, const char *section,
		    u8 *data, size_t len, const char *name, const char *text)
{
	struct vouch_type sec, variable, type;
	struct btf_var_secinfo info;
	u32 i;

	if (!vouch_types_section(types, section, &sec))
		return -ENOENT;
	for (i = 0; i < sec.extra_len / sizeof(info); i++) {
		if (!vouch_types_variable(types, &sec, i, &info, &variable) ||
		    strcmp(vouch_types_name(types, variable.t.name_off), name))
			continue;
		if (!vouch_range_ok(info.offset, info.size, len) ||
		    !vouch_types_strip(types, variable.t.type, &type))
			return -EINVAL;
		return set_value(types, &type, data + info.offset, info.size,
				 text);
	}
	return -ENOENT;
}
