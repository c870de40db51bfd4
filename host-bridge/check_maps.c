// SPDX-License-Identifier: BSD-2-Clause
/*
 * The check of a capture's maps: ones that the target has, and made as the
 * object and the submission's options say. The verifier's bounds, and what it
 * took for constant, rest on sizes and starting values.
 */

#include <linux/bpf.h>

#include "../common/bpf_names.h"
#include "check_maps.h"

/* BPF_F_NO_PREALLOC and the flags that libbpf gives to .rodata and .data. */
#define MAP_FLAGS                                                    \
	(BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | \
	 BPF_F_MMAPABLE)

static const char LOST[] = "verify again, in a fresh VM";

static int check_offered(const struct vouch_capture_map *map,
			 const struct vouch_profile *profile,
			 struct vouch_refusal *why)
{
	u32 type = le32_to_cpu(map->type);
	const char *name = vouch_map_type_name(type);
	u32 flags = le32_to_cpu(map->map_flags) & ~(u32)MAP_FLAGS;

	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PROG_ARRAY:
		break;
	default:
		return vouch_refuse(why,
				    "map %s: type %s (%u) is not one that "
				    "images can use; use array, hash, "
				    "percpu_array, percpu_hash or prog_array",
				    map->name, name, type);
	}
	if (!vouch_profile_offers(profile, "map_types", name))
		return vouch_refuse(why,
				    "map %s: the target's vouch_target does "
				    "not offer maps of type %s",
				    map->name, name);
	if (flags)
		return vouch_refuse(why,
				    "map %s: flags 0x%x are not ones that "
				    "images can use",
				    map->name, flags);
	if (!map->key_size || !map->value_size || !map->max_entries)
		return vouch_refuse(why, "map %s: a size of zero; %s",
				    map->name, LOST);
	return 0;
}

static int compare_numbers(const struct vouch_capture_map *map,
			   const struct vouch_object_map *own,
			   struct vouch_refusal *why)
{
	const struct {
		const char *what;
		u32 stated, own;
	} rows[] = {
		{ "type", le32_to_cpu(map->type), own->type },
		{ "key size", le32_to_cpu(map->key_size), own->key_size },
		{ "value size", le32_to_cpu(map->value_size), own->value_size },
		{ "entries", le32_to_cpu(map->max_entries), own->max_entries },
		{ "flags", le32_to_cpu(map->map_flags), own->map_flags },
		{ "kind", le32_to_cpu(map->flags), own->flags },
		{ "length of values", le32_to_cpu(map->data_len),
		  own->data ? own->value_size : 0 },
	};
	size_t i, n = sizeof(rows) / sizeof(rows[0]);

	/* What a prog array starts with are programs: check_entries.h. */
	if (own->type == BPF_MAP_TYPE_PROG_ARRAY)
		n--;
	for (i = 0; i < n; i++)
		if (rows[i].stated != rows[i].own)
			return vouch_refuse(why,
					    "map %s: its %s is %u in the "
					    "capture, but %u by the object and "
					    "the options; %s",
					    map->name, rows[i].what,
					    rows[i].stated, rows[i].own, LOST);
	return 0;
}

static int compare_values(const struct vouch_capture_map_view *map,
			  const struct vouch_object_map *own,
			  struct vouch_refusal *why)
{
	u32 i;

	for (i = 0; own->data && i < own->value_size; i++)
		if (map->data[i] != own->data[i])
			return vouch_refuse(why,
					    "map %s: it starts with another "
					    "value in the capture than by the "
					    "object and the options, from byte "
					    "%u on; %s",
					    map->map->name, i, LOST);
	return 0;
}

/* The index of the object's map of that name, or n_maps. */
static u32 find_map(const struct vouch_object *object, const char *name)
{
	u32 i;

	for (i = 0; i < object->n_maps; i++)
		if (!strcmp(object->maps[i].name, name))
			break;
	return i;
}

static int check_map(const struct vouch_capture_map_view *map,
		     const struct vouch_object *object, u64 *seen,
		     struct vouch_refusal *why)
{
	u32 i = find_map(object, map->map->name);
	int ret;

	if (i == object->n_maps)
		return vouch_refuse(why,
				    "map %s: the capture has it, the object "
				    "has not; %s",
				    map->map->name, LOST);
	if (*seen & 1ull << i)
		return vouch_refuse(why, "map %s: the capture has it twice; %s",
				    map->map->name, LOST);
	*seen |= 1ull << i;
	ret = compare_numbers(map->map, &object->maps[i], why);
	return ret ? ret : compare_values(map, &object->maps[i], why);
}

int vouch_maps_check(const struct vouch_capture_view *cap,
		     const struct vouch_object *object,
		     const struct vouch_profile *profile,
		     struct vouch_refusal *why)
{
	u64 seen = 0; /* bit N: the object's map N */
	int ret = 0;
	u32 i;

	_Static_assert(VOUCH_MAX_MAPS <= 64, "a bit for each map");
	for (i = 0; !ret && i < cap->n_maps; i++) {
		ret = check_offered(cap->maps[i].map, profile, why);
		if (!ret)
			ret = check_map(&cap->maps[i], object, &seen, why);
	}
	for (i = 0; !ret && i < object->n_maps; i++)
		if (!(seen & 1ull << i))
			ret = vouch_refuse(why,
					   "map %s: the object has it, the "
					   "capture has not; %s",
					   object->maps[i].name, LOST);
	return ret;
}
