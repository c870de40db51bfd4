// SPDX-License-Identifier: BSD-2-Clause
/* What kind of extern a name is, by the object's own BTF. */

#include <linux/btf.h>

#include "object_btf.h"

/* BTF while it is read; bounds are checked once, in open_btf(). */
struct btf {
	const u8 *types;
	u32 types_len;
	const char *strings;
	u32 strings_len;
};

/* A type, and where the next one starts. */
struct type {
	struct btf_type t;
	const u8 *extra;
	u32 extra_len;
	u32 next; /* offset in the types, bytes */
};

static bool open_btf(struct btf *b, const void *data, size_t len)
{
	struct btf_header h;
	u64 base;

	if (!data || len < sizeof(h))
		return false;
	memcpy(&h, data, sizeof(h));
	base = h.hdr_len;
	if (h.magic != BTF_MAGIC ||
	    !vouch_range_ok(base + h.type_off, h.type_len, len) ||
	    !vouch_range_ok(base + h.str_off, h.str_len, len) || !h.str_len)
		return false;
	b->types = (const u8 *)data + base + h.type_off;
	b->types_len = h.type_len;
	b->strings = (const char *)data + base + h.str_off;
	b->strings_len = h.str_len;
	return !b->strings[b->strings_len - 1];
}

static u32 extra_length(const struct btf_type *t)
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
		return n * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return n * 8;
	default:
		return 0;
	}
}

static bool read_type(const struct btf *b, u32 off, struct type *type)
{
	if (!vouch_range_ok(off, sizeof(type->t), b->types_len))
		return false;
	memcpy(&type->t, b->types + off, sizeof(type->t));
	off += sizeof(type->t);
	type->extra_len = extra_length(&type->t);
	if (!vouch_range_ok(off, type->extra_len, b->types_len))
		return false;
	type->extra = b->types + off;
	type->next = off + type->extra_len;
	return true;
}

static bool has_name(const struct btf *b, const struct type *type,
		     const char *name)
{
	return type->t.name_off < b->strings_len &&
	       !strcmp(b->strings + type->t.name_off, name);
}

static bool holds(const struct type *section, u32 id)
{
	struct btf_var_secinfo var;
	u32 i;

	for (i = 0; i < section->extra_len; i += sizeof(var)) {
		memcpy(&var, section->extra + i, sizeof(var));
		if (var.type == id)
			return true;
	}
	return false;
}

/* Variables are told apart by the section that libbpf reads them from. */
static const char *variable_kind(const struct btf *b, u32 id)
{
	struct type type;
	u32 off = 0;

	for (; read_type(b, off, &type); off = type.next) {
		if (BTF_INFO_KIND(type.t.info) != BTF_KIND_DATASEC ||
		    !holds(&type, id))
			continue;
		if (has_name(b, &type, ".ksyms"))
			return "kernel variable (ksym)";
		if (has_name(b, &type, ".kconfig"))
			return "kernel configuration value (kconfig)";
	}
	return "variable of no known section";
}

const char *vouch_btf_extern_kind(const void *btf, size_t len, const char *name)
{
	struct type type;
	u32 off = 0, id = 1;
	struct btf b;

	if (!open_btf(&b, btf, len))
		return "symbol of unknown kind";
	for (; read_type(&b, off, &type); off = type.next, id++) {
		u32 kind = BTF_INFO_KIND(type.t.info);

		if (!has_name(&b, &type, name))
			continue;
		if (kind == BTF_KIND_FUNC)
			return "kernel function (kfunc)";
		if (kind == BTF_KIND_VAR)
			return variable_kind(&b, id);
	}
	return "symbol of unknown kind";
}
