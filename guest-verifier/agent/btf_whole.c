// SPDX-License-Identifier: BSD-2-Clause
/* Whether BTF refers only to types that it has: libbpf 1.1 does not ask. */

#include <bpf/btf.h>

#include "btf_whole.h"

static bool has_type(const struct btf *btf, u32 id)
{
	return id < btf__type_cnt(btf);
}

static bool members_are_there(const struct btf *btf, const struct btf_type *t)
{
	u32 i;

	for (i = 0; i < btf_vlen(t); i++)
		if (!has_type(btf, btf_members(t)[i].type))
			return false;
	return true;
}

static bool params_are_there(const struct btf *btf, const struct btf_type *t)
{
	u32 i;

	for (i = 0; i < btf_vlen(t); i++)
		if (!has_type(btf, btf_params(t)[i].type))
			return false;
	return has_type(btf, t->type);
}

static bool variables_are_there(const struct btf *btf, const struct btf_type *t)
{
	u32 i;

	for (i = 0; i < btf_vlen(t); i++)
		if (!has_type(btf, btf_var_secinfos(t)[i].type))
			return false;
	return true;
}

static bool type_is_whole(const struct btf *btf, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_ARRAY:
		return has_type(btf, btf_array(t)->type) &&
		       has_type(btf, btf_array(t)->index_type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members_are_there(btf, t);
	case BTF_KIND_FUNC_PROTO:
		return params_are_there(btf, t);
	case BTF_KIND_DATASEC:
		return variables_are_there(btf, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_FWD:
		return true;
	default:
		return has_type(btf, t->type);
	}
}

bool vouch_btf_whole(const void *data, u32 size)
{
	struct btf *btf = btf__new(data, size);
	bool whole = btf;
	u32 id;

	for (id = 1; whole && id < btf__type_cnt(btf); id++)
		whole = type_is_whole(btf, btf__type_by_id(btf, id));
	btf__free(btf);
	return whole;
}
