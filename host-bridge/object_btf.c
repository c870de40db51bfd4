// SPDX-License-Identifier: BSD-2-Clause
/* What kind of extern a name is, by the object's own BTF. */

#include "btf_types.h"
#include "object_btf.h"

/* Variables are told apart by the section that libbpf reads them from. */
static bool section_holds(const struct vouch_types *types, const char *name,
			  u32 id)
{
	struct vouch_type section, variable;
	struct btf_var_secinfo info;
	u32 i;

	if (!vouch_types_section(types, name, &section))
		return false;
	for (i = 0; i < section.extra_len / sizeof(info); i++)
		if (vouch_types_variable(types, &section, i, &info,
					 &variable) &&
		    info.type == id)
			return true;
	return false;
}

static const char *kind_of(const struct vouch_types *types, const char *name)
{
	struct vouch_type type;
	u32 id;

	for (id = 1; vouch_types_get(types, id, &type); id++) {
		u32 kind = BTF_INFO_KIND(type.t.info);

		if (strcmp(vouch_types_name(types, type.t.name_off), name))
			continue;
		if (kind == BTF_KIND_FUNC)
			return "kernel function (kfunc)";
		if (kind != BTF_KIND_VAR)
			continue;
		if (section_holds(types, ".ksyms", id))
			return "kernel variable (ksym)";
		if (section_holds(types, ".kconfig", id))
			return "kernel configuration value (kconfig)";
		return "variable of no known section";
	}
	return "symbol of unknown kind";
}

const char *vouch_btf_extern_kind(const void *btf, size_t len, const char *name)
{
	const char *kind = "symbol of unknown kind";
	struct vouch_types types;

	if (!vouch_types_open(&types, btf, len))
		kind = kind_of(&types, name);
	vouch_types_close(&types);
	return kind;
}
