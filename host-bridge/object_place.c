// SPDX-License-Identifier: BSD-2-Clause

#include <string.h>

#include "../common/capture.h"
#include "object_lock.h"
#include "object_place.h"

/* Only variables that others may name have a symbol that tells. */
static bool find_variable(const struct vouch_object_symbols *s,
			  const char *name, u32 *offset)
{
	GElf_Sym sym;
	int i;

	for (i = 0; s->symbols && gelf_getsym(s->symbols, i, &sym); i++) {
		const char *other = elf_strptr(s->elf, s->strings, sym.st_name);

		if (GELF_ST_TYPE(sym.st_info) != STT_OBJECT ||
		    GELF_ST_BIND(sym.st_info) == STB_LOCAL || !other ||
		    strcmp(other, name))
			continue;
		*offset = (u32)sym.st_value;
		return true;
	}
	return false;
}

static void place_in(const struct vouch_types *types,
		     const struct vouch_type *section, const char *name,
		     u32 offset)
{
	struct vouch_type variable;
	struct btf_var_secinfo info;
	u32 i, linkage;

	for (i = 0; i < section->extra_len / sizeof(info); i++) {
		if (!vouch_types_variable(types, section, i, &info,
					  &variable) ||
		    strcmp(vouch_types_name(types, variable.t.name_off), name))
			continue;
		memcpy(&linkage, variable.extra, sizeof(linkage));
		if (linkage == BTF_VAR_STATIC)
			continue;
		info.offset = offset;
		memcpy((u8 *)section->extra + i * sizeof(info), &info,
		       sizeof(info));
	}
}

void vouch_object_place(const struct vouch_object_symbols *s,
			const struct vouch_types *types, const char *name)
{
	struct vouch_type type;
	u32 id, offset;

	if (!find_variable(s, name, &offset))
		return;
	for (id = 1; vouch_types_get(types, id, &type); id++)
		if (BTF_INFO_KIND(type.t.info) == BTF_KIND_DATASEC &&
		    !type.t.size)
			place_in(types, &type, name, offset);
}

void vouch_object_place_locks(const struct vouch_object_symbols *s,
			      const struct vouch_types *types)
{
	struct vouch_type type;
	u32 id, n = 0;

	for (id = 1; n < VOUCH_MAX_MAPS && vouch_types_get(types, id, &type);
	     id++) {
		if (BTF_INFO_KIND(type.t.info) != BTF_KIND_VAR ||
		    !vouch_object_lock_is(types, type.t.type))
			continue;
		vouch_object_place(s, types,
				   vouch_types_name(types, type.t.name_off));
		n++;
	}
}
