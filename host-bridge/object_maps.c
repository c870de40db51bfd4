// SPDX-License-Identifier: BSD-2-Clause
/* The maps of a submitted object, as libbpf 1.1 makes them. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/bpf.h>

#include "../common/bpf_names.h"
#include "../common/capture.h"
#include "object_lock.h"
#include "object_maps.h"
#include "object_value.h"

#define NAME_MAX_LEN (sizeof(((struct vouch_object_map *)NULL)->name) - 1)
#define BSS_NAME 15 /* characters that libbpf leaves of .bss.NAME */

/* .SECTION, or .SECTION.ANYTHING */
static bool is_section(const char *name, const char *section)
{
	size_t n = strlen(section);

	return !strncmp(name, section, n) && (!name[n] || name[n] == '.');
}

static struct vouch_object_map *find_map(const struct vouch_object *o,
					 const char *name)
{
	u32 i;

	for (i = 0; i < o->n_maps; i++)
		if (!strcmp(o->maps[i].name, name))
			return &o->maps[i];
	return NULL;
}

int vouch_object_map_add(struct vouch_object *o, const char *name,
			 struct vouch_object_map **out,
			 struct vouch_refusal *why)
{
	*out = NULL;
	if (!*name || strlen(name) > NAME_MAX_LEN)
		return vouch_refuse(why,
				    "object: the name of map %u is empty or "
				    "longer than %zu characters; rename it",
				    o->n_maps, NAME_MAX_LEN);
	if (find_map(o, name))
		return vouch_refuse(why,
				    "object: two maps are called %s; rename "
				    "one",
				    name);
	if (o->n_maps == VOUCH_MAX_MAPS)
		return vouch_refuse(why,
				    "object: it has more than %u maps; split "
				    "it",
				    VOUCH_MAX_MAPS);
	if (!o->maps)
		o->maps = calloc(VOUCH_MAX_MAPS, sizeof(*o->maps));
	if (!o->maps)
		return -ENOMEM;
	*out = &o->maps[o->n_maps++];
	memcpy((*out)->name, name, strlen(name) + 1);
	return 0;
}

/* ---- sections of variables --------------------------------------------- */

/* User space may map what it can name: libbpf asks for one such variable. */
static bool is_mmapable(const struct vouch_types *types, const char *name)
{
	struct vouch_type section, variable;
	struct btf_var_secinfo info;
	u32 i, linkage;

	if (!vouch_types_section(types, name, &section))
		return false;
	for (i = 0; i < section.extra_len / sizeof(info); i++) {
		if (!vouch_types_variable(types, &section, i, &info, &variable))
			continue;
		memcpy(&linkage, variable.extra, sizeof(linkage));
		if (linkage != BTF_VAR_STATIC)
			return true;
	}
	return false;
}

/* What libbpf makes of .bss.NAME. */
static void cut_name(const char *name, char cut[BSS_NAME + 1])
{
	char *p;

	snprintf(cut, BSS_NAME + 1, "%s", name);
	for (p = cut; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '.')
			*p = '_';
}

static int take_values(struct vouch_object *o, struct vouch_object_map *map,
		       const void *data, u64 len, struct vouch_refusal *why)
{
	if (len > VOUCH_MAX_MAP_DATA - o->data_len)
		return vouch_refuse(why,
				    "map %s: the object's variables have more "
				    "than %u MiB; use fewer",
				    map->name, VOUCH_MAX_MAP_DATA >> 20);
	map->data = calloc(1, len);
	if (!map->data)
		return -ENOMEM;
	if (data)
		memcpy(map->data, data, len);
	o->data_len += (u32)len;
	map->value_size = (u32)len;
	return 0;
}

static void set_internal(struct vouch_object_map *map, bool ro, bool mmapable)
{
	map->type = BPF_MAP_TYPE_ARRAY;
	map->key_size = sizeof(u32);
	map->max_entries = 1;
	map->map_flags = (ro ? BPF_F_RDONLY_PROG : 0) |
			 (mmapable ? BPF_F_MMAPABLE : 0);
	map->flags = VOUCH_MAP_INTERNAL | (ro ? VOUCH_MAP_FROZEN : 0);
}

int vouch_object_maps_section(struct vouch_object *object,
			      const struct vouch_types *types, const char *name,
			      const void *data, u64 len,
			      struct vouch_refusal *why)
{
	bool bss = is_section(name, ".bss"), ro = is_section(name, ".rodata");
	struct vouch_object_map *map;
	char cut[BSS_NAME + 1];
	int ret;

	if (data ? !ro && !is_section(name, ".data") : !bss)
		return 0;
	cut_name(name, cut);
	ret = vouch_object_map_add(object, bss ? cut : name, &map, why);
	if (map)
		ret = take_values(object, map, data, len, why);
	if (!ret && map) {
		set_internal(map, ro, is_mmapable(types, name));
		map->lock = vouch_object_lock_section(types, name);
	}
	return ret;
}

int vouch_object_maps_kconfig(struct vouch_object *object,
			      const struct vouch_types *types, const char *name,
			      const void *data, u64 len,
			      struct vouch_refusal *why)
{
	struct vouch_object_map *map;
	int ret = vouch_object_map_add(object, name, &map, why);

	if (map)
		ret = take_values(object, map, data, len, why);
	if (!ret && map)
		set_internal(map, true, is_mmapable(types, name));
	return ret;
}

/* ---- options ----------------------------------------------------------- */

static void set_type(struct vouch_object_map *map, const json_t *type)
{
	map->type = vouch_map_type_by_name(json_string_value(type));
}

/* Where a size is not the type's, the kernel is told of no type. */
static void set_size(struct vouch_object_map *map, u32 *size, const json_t *n)
{
	if (*size != (u32)json_integer_value(n))
		map->lock = 0;
	*size = (u32)json_integer_value(n);
}

static void set_key_size(struct vouch_object_map *map, const json_t *n)
{
	set_size(map, &map->key_size, n);
}

static void set_value_size(struct vouch_object_map *map, const json_t *n)
{
	set_size(map, &map->value_size, n);
}

static void set_entries(struct vouch_object_map *map, const json_t *n)
{
	map->max_entries =
		vouch_object_map_entries(map->type, (u32)json_integer_value(n));
}

/* In the order in which the verifier agent does it. */
static const struct {
	const char *option;
	void (*set)(struct vouch_object_map *map, const json_t *value);
} definitions[] = {
	{ "map_types", set_type },
	{ "map_key_sizes", set_key_size },
	{ "map_value_sizes", set_value_size },
	{ "map_entries", set_entries },
};

static int set_definitions(struct vouch_object *o, const json_t *options,
			   struct vouch_refusal *why)
{
	struct vouch_object_map *map;
	const char *name;
	json_t *value;
	size_t i;

	for (i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
		const char *option = definitions[i].option;
		json_t *list = json_object_get(options, option);

		json_object_foreach(list, name, value) {
			map = find_map(o, name);
			if (!map || map->data)
				return vouch_refuse(why,
						    "%s: the object has no map "
						    "%s; name one that it "
						    "defines",
						    option, name);
			definitions[i].set(map, value);
		}
	}
	return 0;
}

static int set_variable(struct vouch_object *o, const struct vouch_types *types,
			const char *name, const char *text,
			struct vouch_refusal *why)
{
	int ret = -ENOENT;
	u32 i;

	for (i = 0; ret == -ENOENT && i < o->n_maps; i++)
		if (o->maps[i].data)
			ret = vouch_value_set(
				types, o->maps[i].name, o->maps[i].data,
				o->maps[i].value_size, name, text);
	if (ret == -ENOENT)
		return vouch_refuse(why,
				    "set: the object has no variable %s; name "
				    "one that it defines",
				    name);
	if (ret)
		return vouch_refuse(why,
				    "set: %s is no value of variable %s; give "
				    "one of its type",
				    text, name);
	return 0;
}

/* Only maps of these types have locks, which programs must be able to take. */
static void settle_lock(struct vouch_object_map *map)
{
	if (!map->lock || map->map_flags & BPF_F_RDONLY_PROG ||
	    (map->type != BPF_MAP_TYPE_HASH && map->type != BPF_MAP_TYPE_ARRAY))
		return;
	map->flags |= VOUCH_MAP_LOCK;
	map->extra = map->lock - 1;
}

int vouch_object_maps_set(struct vouch_object *object,
			  const struct vouch_types *types,
			  const json_t *options, struct vouch_refusal *why)
{
	json_t *set = json_object_get(options, "set");
	const char *name;
	json_t *value;
	int ret;
	u32 i;

	ret = set_definitions(object, options, why);
	if (ret)
		return ret;
	for (i = 0; i < object->n_maps; i++)
		settle_lock(&object->maps[i]);
	json_object_foreach(set, name, value) {
		const char *text = json_string_value(value);

		ret = set_variable(object, types, name, text ? text : "", why);
		if (ret)
			return ret;
	}
	return 0;
}

void vouch_object_maps_release(struct vouch_object *object)
{
	u32 i;

	for (i = 0; i < object->n_maps; i++) {
		free(object->maps[i].data);
		free(object->maps[i].template);
	}
	free(object->maps);
	object->maps = NULL;
	object->n_maps = 0;
}
