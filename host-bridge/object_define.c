// SPDX-License-Identifier: BSD-2-Clause
/* Maps that BTF defines in .maps, as parse_btf_map_def() of libbpf 1.1. */

#include <stdlib.h>

#include <linux/bpf.h>

#include "../common/capture.h"
#include "object_lock.h"
#include "object_maps.h"

#define PIN_BY_NAME 1
#define PAGE_LEN 4096u /* of the verifier VM */

/* A number N is written as a pointer to an array of N. */
static bool read_number(const struct vouch_types *types, u32 id, u32 *n)
{
	struct btf_array array;
	struct vouch_type type;

	if (!vouch_types_strip(types, id, &type) ||
	    BTF_INFO_KIND(type.t.info) != BTF_KIND_PTR ||
	    !vouch_types_get(types, type.t.type, &type) ||
	    BTF_INFO_KIND(type.t.info) != BTF_KIND_ARRAY)
		return false;
	memcpy(&array, type.extra, sizeof(array));
	*n = array.nelems;
	return true;
}

/* A type T is written as a pointer to T. */
static bool read_size(const struct vouch_types *types, u32 id, u32 *size)
{
	struct vouch_type type;

	return vouch_types_get(types, id, &type) &&
	       BTF_INFO_KIND(type.t.info) == BTF_KIND_PTR &&
	       vouch_types_size(types, type.t.type, size);
}

static u32 read_lock(const struct vouch_types *types, u32 id)
{
	struct vouch_type type;

	return vouch_types_get(types, id, &type)
		       ? vouch_object_lock_value(types, type.t.type)
		       : 0;
}

static bool read_definition(struct vouch_object_map *map,
			    const struct vouch_types *types, u32 id,
			    bool inside);

/*
 * What is in a map: programs, or maps, which user space names by descriptors.
 * An array of pointers to the definition stands for the latter.
 */
static bool read_values(struct vouch_object_map *map,
			const struct vouch_types *types, u32 id, bool inside)
{
	struct vouch_type type, element;
	struct btf_array array;

	map->value_size = 4;
	if (inside || map->template)
		return false;
	if (!vouch_map_holds_maps(map->type))
		return true;
	if (!vouch_types_strip(types, id, &type) ||
	    BTF_INFO_KIND(type.t.info) != BTF_KIND_ARRAY)
		return false;
	memcpy(&array, type.extra, sizeof(array));
	if (!vouch_types_strip(types, array.type, &element) ||
	    BTF_INFO_KIND(element.t.info) != BTF_KIND_PTR)
		return false;
	map->template = calloc(1, sizeof(*map->template));
	return map->template &&
	       read_definition(map->template, types, element.t.type, true);
}

static bool read_member(struct vouch_object_map *map,
			const struct vouch_types *types, const char *name,
			u32 id, bool inside)
{
	u32 pinning;

	if (!strcmp(name, "type"))
		return read_number(types, id, &map->type);
	if (!strcmp(name, "max_entries"))
		return read_number(types, id, &map->max_entries);
	if (!strcmp(name, "map_flags"))
		return read_number(types, id, &map->map_flags);
	if (!strcmp(name, "map_extra"))
		return read_number(types, id, &map->extra);
	if (!strcmp(name, "key_size"))
		return read_number(types, id, &map->key_size);
	if (!strcmp(name, "value_size"))
		return read_number(types, id, &map->value_size);
	if (!strcmp(name, "key"))
		return read_size(types, id, &map->key_size);
	if (!strcmp(name, "value")) {
		map->lock = read_lock(types, id);
		return read_size(types, id, &map->value_size);
	}
	if (!strcmp(name, "values"))
		return read_values(map, types, id, inside);
	if (strcmp(name, "pinning"))
		return true; /* nothing that a capture states */
	if (!read_number(types, id, &pinning))
		return false;
	if (pinning == PIN_BY_NAME)
		map->flags |= VOUCH_MAP_PINNED;
	return true;
}

/* A ring buffer has a power of two of pages; libbpf makes it one. */
u32 vouch_object_map_entries(u32 type, u32 n)
{
	u32 size;

	if (type != BPF_MAP_TYPE_RINGBUF || !n ||
	    !(n % PAGE_LEN || n & (n - 1)))
		return n;
	for (size = PAGE_LEN; size && size <= n;)
		size *= 2;
	return size ? size : n;
}

static bool read_definition(struct vouch_object_map *map,
			    const struct vouch_types *types, u32 id,
			    bool inside)
{
	struct btf_member m;
	struct vouch_type def;
	bool has_key = false;
	const char *name;
	u32 i;

	if (!vouch_types_strip(types, id, &def) ||
	    BTF_INFO_KIND(def.t.info) != BTF_KIND_STRUCT)
		return false;
	for (i = 0; i < def.extra_len / sizeof(m); i++) {
		memcpy(&m, def.extra + i * sizeof(m), sizeof(m));
		name = vouch_types_name(types, m.name_off);
		has_key |= !strcmp(name, "key");
		if (!read_member(map, types, name, m.type, inside))
			return false;
	}
	/* The kernel takes types of keys and values together. */
	if (!has_key)
		map->lock = 0;
	map->max_entries =
		vouch_object_map_entries(map->type, map->max_entries);
	return true;
}

int vouch_object_maps_define(struct vouch_object *object,
			     const struct vouch_types *types,
			     struct vouch_refusal *why)
{
	struct vouch_type section, variable;
	struct vouch_object_map *map;
	struct btf_var_secinfo info;
	int ret = 0;
	u32 i;

	if (!vouch_types_section(types, ".maps", &section))
		return 0;
	for (i = 0; !ret && i < section.extra_len / sizeof(info); i++) {
		if (!vouch_types_variable(types, &section, i, &info, &variable))
			return vouch_refuse(why, "object: .maps holds "
						 "something that is no map; "
						 "compile it anew");
		ret = vouch_object_map_add(
			object, vouch_types_name(types, variable.t.name_off),
			&map, why);
		if (map && !read_definition(map, types, variable.t.type, false))
			ret = vouch_refuse(why,
					   "map %s: its definition in .maps "
					   "cannot be read; use the macros of "
					   "bpf_helpers.h",
					   map->name);
	}
	return ret;
}
