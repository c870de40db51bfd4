// SPDX-License-Identifier: BSD-2-Clause
/* Type information of a kernel, read with libbpf. */

#include <stdlib.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "btf.h"

#define MAX_LEVELS 32 /* of typedefs, qualifiers and arrays */

struct vouch_kbtf {
	struct btf *btf;
	/* Structures and unions that have a name, by it. */
	struct named {
		const char *name;
		u32 id;
	} * named;
	u32 n_named;
};

static const char *name_at(const struct vouch_kbtf *btf, u32 off)
{
	const char *name = btf__name_by_offset(btf->btf, off);

	return name ? name : "";
}

static int compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int cmp = strcmp(x->name, y->name);

	if (cmp)
		return cmp;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int index_names(struct vouch_kbtf *b)
{
	u32 id, n = btf__type_cnt(b->btf);

	b->named = calloc(n, sizeof(*b->named));
	if (!b->named)
		return -ENOMEM;
	for (id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(b->btf, id);
		const char *name = name_at(b, t->name_off);

		if (btf_is_composite(t) && *name)
			b->named[b->n_named++] = (struct named){ name, id };
	}
	qsort(b->named, b->n_named, sizeof(*b->named), compare_names);
	return 0;
}

int vouch_kbtf_parse(const void *data, size_t len, struct vouch_kbtf **out)
{
	struct vouch_kbtf *b;
	long err;

	if (!len || len > VOUCH_BTF_MAX)
		return -EINVAL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	libbpf_set_print(NULL);
	b->btf = btf__new(data, (u32)len);
	err = libbpf_get_error(b->btf);
	if (err) {
		free(b);
		return err == -ENOMEM ? -ENOMEM : -EINVAL;
	}
	err = index_names(b);
	if (err) {
		vouch_kbtf_free(b);
		return (int)err;
	}
	*out = b;
	return 0;
}

void vouch_kbtf_free(struct vouch_kbtf *btf)
{
	if (!btf)
		return;
	btf__free(btf->btf);
	free(btf->named);
	free(btf);
}

/* Without typedefs and qualifiers; NULL for void and for what is malformed. */
static const struct btf_type *resolve(const struct vouch_kbtf *btf, u32 *id)
{
	const struct btf_type *t;
	int level;

	for (level = 0; *id && level < MAX_LEVELS; level++) {
		t = btf__type_by_id(btf->btf, *id);
		if (!t)
			return NULL;
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return t;
		*id = t->type;
	}
	return NULL;
}

static void read_int(const struct btf_type *t, struct vouch_kbtf_type *out)
{
	u8 encoding = btf_int_encoding(t);

	out->kind = VOUCH_BTF_INT;
	out->size = t->size;
	out->is_signed = encoding & BTF_INT_SIGNED;
	out->is_bool = encoding & BTF_INT_BOOL;
	out->is_char = encoding & BTF_INT_CHAR;
	/* An odd int in the way of old compilers is none. */
	if (btf_int_offset(t) || btf_int_bits(t) != t->size * VOUCH_BTF_BITS)
		out->kind = VOUCH_BTF_VOID;
}

static u64 array_size(const struct vouch_kbtf *btf, u32 elem, u32 n)
{
	const struct btf_type *t;
	u64 all = n;
	int level;

	for (level = 0; level < MAX_LEVELS; level++) {
		t = resolve(btf, &elem);
		if (!t)
			return 0;
		if (btf_is_ptr(t))
			return all * sizeof(u64);
		if (!btf_is_array(t))
			return btf_is_func_proto(t) || btf_is_fwd(t)
				       ? 0
				       : all * t->size;
		if (all > UINT32_MAX)
			return 0;
		all *= btf_array(t)->nelems;
		elem = btf_array(t)->type;
	}
	return 0;
}

struct vouch_kbtf_type vouch_kbtf_type(const struct vouch_kbtf *btf, u32 id)
{
	const struct btf_type *t = resolve(btf, &id);
	struct vouch_kbtf_type out = { .id = id, .name = "" };

	if (!t)
		return out;
	out.name = name_at(btf, t->name_off);
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		read_int(t, &out);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		out.kind = VOUCH_BTF_ENUM;
		out.size = t->size;
		out.is_signed = btf_kflag(t);
		break;
	case BTF_KIND_FLOAT:
		out.kind = VOUCH_BTF_FLOAT;
		out.size = t->size;
		break;
	case BTF_KIND_PTR:
		out.kind = VOUCH_BTF_POINTER;
		out.size = sizeof(u64);
		out.to = t->type;
		break;
	case BTF_KIND_ARRAY:
		out.kind = VOUCH_BTF_ARRAY;
		out.to = btf_array(t)->type;
		out.n = btf_array(t)->nelems;
		out.size = array_size(btf, out.to, out.n);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		out.kind = btf_is_struct(t) ? VOUCH_BTF_STRUCT
					    : VOUCH_BTF_UNION;
		out.size = t->size;
		out.n = btf_vlen(t);
		break;
	case BTF_KIND_FWD:
		out.kind = btf_kflag(t) ? VOUCH_BTF_UNION : VOUCH_BTF_STRUCT;
		break;
	case BTF_KIND_FUNC_PROTO:
		out.kind = VOUCH_BTF_FUNCTION;
		break;
	default:
		break;
	}
	return out;
}

struct vouch_kbtf_member vouch_kbtf_member(const struct vouch_kbtf *btf,
					   const struct vouch_kbtf_type *type,
					   u32 i)
{
	const struct btf_type *t = btf__type_by_id(btf->btf, type->id);
	const struct btf_member *m = btf_members(t) + i;

	return (struct vouch_kbtf_member){
		.name = name_at(btf, m->name_off),
		.type = m->type,
		.bit = btf_member_bit_offset(t, i),
		.bits = btf_member_bitfield_size(t, i),
	};
}

/* The first of all that are called so, or what comes behind it. */
static const struct named *first_of(const struct vouch_kbtf *btf,
				    const char *name)
{
	u32 low = 0, high = btf->n_named;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (strcmp(btf->named[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return btf->named + low;
}

int vouch_kbtf_find(const struct vouch_kbtf *btf, enum vouch_kbtf_kind kind,
		    const char *name, struct vouch_kbtf_type *type)
{
	const struct named *first = first_of(btf, name), *n;
	const struct named *end = btf->named + btf->n_named;
	struct vouch_kbtf_type t;
	u32 found = 0;

	for (n = first; n < end && !strcmp(n->name, name); n++) {
		t = vouch_kbtf_type(btf, n->id);
		if (t.kind != kind)
			continue;
		*type = t;
		found++;
	}
	if (found > 1)
		return -ENOTUNIQ;
	return found ? 0 : -ENOENT;
}
