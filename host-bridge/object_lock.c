// SPDX-License-Identifier: BSD-2-Clause

#include <string.h>

#include "../common/capture.h"
#include "object_lock.h"

/* The kernel looks at the type itself, not behind a typedef. */
bool vouch_object_lock_is(const struct vouch_types *types, u32 id)
{
	struct vouch_type type;

	return vouch_types_get(types, id, &type) &&
	       BTF_INFO_KIND(type.t.info) == BTF_KIND_STRUCT &&
	       type.t.size == VOUCH_LOCK_LEN &&
	       !strcmp(vouch_types_name(types, type.t.name_off),
		       "bpf_spin_lock");
}

/* To what was found so far; more than one are as good as none. */
static bool add(u32 *found, u32 offset)
{
	bool first = !*found && !(offset % VOUCH_LOCK_LEN);

	*found = first ? 1 + offset : 0;
	return first;
}

u32 vouch_object_lock_value(const struct vouch_types *types, u32 id)
{
	struct vouch_type value;
	struct btf_member m;
	u32 i, bits, found = 0;

	if (!vouch_types_strip(types, id, &value) ||
	    BTF_INFO_KIND(value.t.info) != BTF_KIND_STRUCT)
		return 0;
	for (i = 0; i < value.extra_len / sizeof(m); i++) {
		memcpy(&m, value.extra + i * sizeof(m), sizeof(m));
		bits = BTF_INFO_KFLAG(value.t.info)
			       ? BTF_MEMBER_BIT_OFFSET(m.offset)
			       : m.offset;
		if (vouch_object_lock_is(types, m.type) &&
		    (bits % 8 || !add(&found, bits / 8)))
			return 0;
	}
	return found;
}

u32 vouch_object_lock_section(const struct vouch_types *types, const char *name)
{
	struct vouch_type section, variable;
	struct btf_var_secinfo info;
	u32 i, found = 0;

	if (!vouch_types_section(types, name, &section))
		return 0;
	for (i = 0; i < section.extra_len / sizeof(info); i++)
		if (vouch_types_variable(types, &section, i, &info,
					 &variable) &&
		    info.size == VOUCH_LOCK_LEN &&
		    vouch_object_lock_is(types, variable.t.type) &&
		    !add(&found, info.offset))
			return 0;
	return found;
}
