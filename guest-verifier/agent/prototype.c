// SPDX-License-Identifier: BSD-2-Clause
/*
 * A raw tracepoint's arguments reach the program as they are: the verifier
 * takes their number and types from its own kernel's typedef btf_trace_NAME.
 */

#include <bpf/btf.h>
#include <stdio.h>

#include "prototype.h"

#define MAX_DEPTH 4

struct kernels {
	const struct btf *own;
	const struct btf *target;
};

static const struct btf_type *strip(const struct btf *btf, u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	int depth = 0;

	while (t && depth++ < 32 && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool is_aggregate(const struct btf_type *t)
{
	return btf_is_composite(t) || btf_is_fwd(t);
}

static bool same_name(const struct kernels *k, const struct btf_type *a,
		      const struct btf_type *b)
{
	const char *x = btf__name_by_offset(k->own, a->name_off);
	const char *y = btf__name_by_offset(k->target, b->name_off);

	return x && y && !strcmp(x, y);
}

/* A structure behind a pointer is compared by name: what is read of it is
 * retargeted field by field. */
static bool same_type(const struct kernels *k, u32 own, u32 target, int depth)
{
	const struct btf_type *a = strip(k->own, own);
	const struct btf_type *b = strip(k->target, target);

	if (!a || !b)
		return false;
	if (is_aggregate(a) && is_aggregate(b))
		return same_name(k, a, b) &&
		       (btf_is_fwd(a) || btf_is_fwd(b) ||
			btf_kind(a) == btf_kind(b)) &&
		       (depth < MAX_DEPTH || a->size == b->size);
	if (btf_kind(a) != btf_kind(b))
		return false;
	if (btf_is_int(a))
		return a->size == b->size &&
		       btf_int_encoding(a) == btf_int_encoding(b);
	if (btf_is_ptr(a))
		return !depth || same_type(k, a->type, b->type, depth - 1);
	return btf_is_void(a) || btf_is_func_proto(a) || a->size == b->size;
}

static bool same_prototype(const struct kernels *k, const struct btf_type *a,
			   const struct btf_type *b)
{
	u32 i;

	if (btf_vlen(a) != btf_vlen(b))
		return false;
	for (i = 0; i < btf_vlen(a); i++)
		if (!same_type(k, btf_params(a)[i].type, btf_params(b)[i].type,
			       MAX_DEPTH))
			return false;
	return true;
}

static const struct btf_type *find(const struct btf *btf, const char *name)
{
	const struct btf_type *t;
	char type[96];
	s32 id;

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF);
	t = id < 0 ? NULL : strip(btf, (u32)id);
	t = t && btf_is_ptr(t) ? strip(btf, t->type) : NULL;
	return t && btf_is_func_proto(t) ? t : NULL;
}

enum vouch_prototype vouch_prototype_compare(const struct btf *own,
					     const struct btf *target,
					     const char *name)
{
	const struct kernels k = { own, target };
	const struct btf_type *a = find(own, name), *b;

	if (!a)
		return VOUCH_PROTOTYPE_UNKNOWN;
	b = find(target, name);
	if (!b)
		return VOUCH_PROTOTYPE_MISSING;
	return same_prototype(&k, a, b) ? VOUCH_PROTOTYPE_SAME
					: VOUCH_PROTOTYPE_OTHER;
}
