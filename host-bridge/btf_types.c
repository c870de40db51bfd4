// SPDX-License-Identifier: BSD-2-Clause
/* The bridge's own reader of an object's BTF. */

#include <stdlib.h>

#include "btf_types.h"

#define MAX_DEPTH 32 /* of types that name one another */
#define POINTER_SIZE 8 /* of the eBPF machine */

/* Bytes behind a type; -1 for a kind that Linux 6.1 does not know. */
static s64 extra_length(const struct btf_type *t)
{
	u32 n = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return (s64)n * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return (s64)n * 8;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -1;
	}
}

static bool read_type(const struct vouch_types *types, u32 off,
		      struct vouch_type *type)
{
	s64 extra;

	if (!vouch_range_ok(off, sizeof(type->t), types->len))
		return false;
	memcpy(&type->t, types->bytes + off, sizeof(type->t));
	off += sizeof(type->t);
	extra = extra_length(&type->t);
	if (extra < 0 || !vouch_range_ok(off, (u64)extra, types->len))
		return false;
	type->extra = types->bytes + off;
	type->extra_len = (u32)extra;
	return true;
}

static u32 length_of(const struct vouch_type *type)
{
	return (u32)sizeof(type->t) + type->extra_len;
}

/* Sets the number of types, if they fill their place. */
static int count_types(struct vouch_types *types)
{
	struct vouch_type type;
	u32 off;

	for (off = 0; off < types->len; off += length_of(&type)) {
		if (!read_type(types, off, &type))
			return -EINVAL;
		types->n++;
	}
	return 0;
}

static int find_types(struct vouch_types *types)
{
	struct vouch_type type;
	u32 i, off = 0;
	int ret = count_types(types);

	if (ret)
		return ret;
	types->at = calloc((size_t)types->n + 1, sizeof(*types->at));
	if (!types->at)
		return -ENOMEM;
	for (i = 0; i < types->n && read_type(types, off, &type); i++) {
		types->at[i] = off;
		off += length_of(&type);
	}
	return 0;
}

int vouch_types_open(struct vouch_types *types, const void *btf, size_t len)
{
	struct btf_header h;
	u64 base;

	memset(types, 0, sizeof(*types));
	if (!btf || len < sizeof(h))
		return -EINVAL;
	memcpy(&h, btf, sizeof(h));
	base = h.hdr_len;
	if (h.magic != BTF_MAGIC ||
	    !vouch_range_ok(base + h.type_off, h.type_len, len) ||
	    !vouch_range_ok(base + h.str_off, h.str_len, len) || !h.str_len)
		return -EINVAL;
	types->bytes = (const u8 *)btf + base + h.type_off;
	types->len = h.type_len;
	types->strings = (const char *)btf + base + h.str_off;
	types->strings_len = h.str_len;
	if (types->strings[types->strings_len - 1])
		return -EINVAL;
	return find_types(types);
}

void vouch_types_close(struct vouch_types *types)
{
	free(types->at);
	memset(types, 0, sizeof(*types));
}

bool vouch_types_get(const struct vouch_types *types, u32 id,
		     struct vouch_type *type)
{
	return id && id <= types->n &&
	       read_type(types, types->at[id - 1], type);
}

const char *vouch_types_name(const struct vouch_types *types, u32 offset)
{
	return offset < types->strings_len ? types->strings + offset : "";
}

bool vouch_types_section(const struct vouch_types *types, const char *name,
			 struct vouch_type *section)
{
	u32 id;

	for (id = 1; vouch_types_get(types, id, section); id++)
		if (BTF_INFO_KIND(section->t.info) == BTF_KIND_DATASEC &&
		    !strcmp(vouch_types_name(types, section->t.name_off), name))
			return true;
	return false;
}

bool vouch_types_variable(const struct vouch_types *types,
			  const struct vouch_type *section, u32 i,
			  struct btf_var_secinfo *info,
			  struct vouch_type *variable)
{
	if (i >= section->extra_len / sizeof(*info))
		return false;
	memcpy(info, section->extra + i * sizeof(*info), sizeof(*info));
	return vouch_types_get(types, info->type, variable) &&
	       BTF_INFO_KIND(variable->t.info) == BTF_KIND_VAR;
}

bool vouch_types_strip(const struct vouch_types *types, u32 id,
		       struct vouch_type *type)
{
	int depth;

	for (depth = 0; depth < MAX_DEPTH; depth++) {
		if (!vouch_types_get(types, id, type))
			return false;
		switch (BTF_INFO_KIND(type->t.info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->t.type;
			break;
		default:
			return true;
		}
	}
	return false;
}

bool vouch_types_size(const struct vouch_types *types, u32 id, u32 *size)
{
	struct btf_array array;
	struct vouch_type type;
	u64 whole, n = 1;
	int depth;

	for (depth = 0; depth < MAX_DEPTH; depth++) {
		if (!vouch_types_strip(types, id, &type))
			return false;
		switch (BTF_INFO_KIND(type.t.info)) {
		case BTF_KIND_ARRAY:
			memcpy(&array, type.extra, sizeof(array));
			n *= array.nelems;
			id = array.type;
			break;
		case BTF_KIND_VAR:
			id = type.t.type;
			break;
		case BTF_KIND_INT:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_PTR:
			whole = BTF_INFO_KIND(type.t.info) == BTF_KIND_PTR
					? POINTER_SIZE
					: type.t.size;
			whole *= n;
			*size = (u32)whole;
			return whole <= UINT32_MAX;
		default:
			return false;
		}
		if (n > UINT32_MAX)
			return false;
	}
	return false;
}
