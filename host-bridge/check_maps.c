// SPDX-License-Identifier: BSD-2-Clause
/*
 * The check of a capture's maps: ones that the target has, and made as the
 * object and the submission's options say. The verifier's bounds, and what it
 * took for constant, rest on sizes and starting values.
 */

#include <linux/bpf.h>

#include "../common/bpf_names.h"
#include "../common/manifest.h"
#include "check_maps.h"
#include "unoffered.h"

/* Who may read and write; libbpf gives them to .rodata. */
#define ACCESS \
	(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/* What maps of a type can have; 0 stands for any size but 0, NO_SIZE for 0. */
struct rule {
	u32 type, map_flags, key_size, value_size;
};

#define NO_SIZE UINT32_MAX

static const struct rule rules[] = {
	{ BPF_MAP_TYPE_ARRAY, ACCESS | BPF_F_MMAPABLE | BPF_F_INNER_MAP, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, ACCESS, 4, 0 },
	{ BPF_MAP_TYPE_HASH, ACCESS | BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED, 0,
	  0 },
	{ BPF_MAP_TYPE_PERCPU_HASH,
	  ACCESS | BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED, 0, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, ACCESS | BPF_F_ZERO_SEED | BPF_F_NO_COMMON_LRU,
	  0, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH,
	  ACCESS | BPF_F_ZERO_SEED | BPF_F_NO_COMMON_LRU, 0, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY, 0, 4, 4 },
	{ BPF_MAP_TYPE_QUEUE, ACCESS, NO_SIZE, 0 },
	{ BPF_MAP_TYPE_STACK, ACCESS, NO_SIZE, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, ACCESS | BPF_F_ZERO_SEED, NO_SIZE, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, ACCESS | BPF_F_NO_PREALLOC, 0, 0 },
	{ BPF_MAP_TYPE_DEVMAP, BPF_F_RDONLY | BPF_F_WRONLY, 4, 0 },
	{ BPF_MAP_TYPE_DEVMAP_HASH, BPF_F_RDONLY | BPF_F_WRONLY, 4, 0 },
	{ BPF_MAP_TYPE_CPUMAP, 0, 4, 0 },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_F_PRESERVE_ELEMS, 4, 4 },
	{ BPF_MAP_TYPE_RINGBUF, 0, NO_SIZE, NO_SIZE },
	{ BPF_MAP_TYPE_STACK_TRACE, 0, 4, 0 },
	{ BPF_MAP_TYPE_CGROUP_ARRAY, 0, 4, 4 },
	{ BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_F_RDONLY | BPF_F_WRONLY, 4, 4 },
	{ BPF_MAP_TYPE_HASH_OF_MAPS,
	  BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED, 0,
	  4 },
};

static const char LOST[] = "verify again, in a fresh VM";

static const struct rule *find_rule(u32 type)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].type == type)
			return &rules[i];
	return NULL;
}

static bool size_ok(__le32 size, u32 only)
{
	if (only == NO_SIZE)
		return !size;
	return only ? le32_to_cpu(size) == only : le32_to_cpu(size) > 0;
}

static int check_numbers(const struct vouch_capture_map *map,
			 const struct rule *rule, struct vouch_refusal *why)
{
	u32 flags = le32_to_cpu(map->map_flags) & ~rule->map_flags;

	if (flags)
		return vouch_refuse(why,
				    "map %s: flags 0x%x are not ones that "
				    "images can use in a map of type %s",
				    map->name, flags,
				    vouch_map_type_name(rule->type));
	if (!size_ok(map->key_size, rule->key_size) ||
	    !size_ok(map->value_size, rule->value_size) || !map->max_entries)
		return vouch_refuse(why,
				    "map %s: a size that no map of type %s "
				    "has; %s",
				    map->name, vouch_map_type_name(rule->type),
				    LOST);
	return 0;
}

static int check_offered(const struct vouch_capture_map *map,
			 const struct vouch_profile *profile,
			 struct vouch_refusal *why)
{
	u32 type = le32_to_cpu(map->type);
	const char *name = vouch_map_type_name(type);
	const struct rule *rule = find_rule(type);

	if (!rule)
		return vouch_refuse(why,
				    "map %s: type %s (%u) is not one that "
				    "images can use: %s",
				    map->name, name, type,
				    vouch_unoffered_map_type(name));
	if (!vouch_profile_offers(profile, "map_types", name))
		return vouch_refuse(why,
				    "map %s: the target's vouch_target does "
				    "not offer maps of type %s: %s",
				    map->name, name,
				    vouch_unoffered_map_type(name));
	return check_numbers(map, rule, why);
}

/* Where the object leaves it open, an array of perf events has an entry for
 * each CPU: in the verifier VM as many as that has. */
static u32 entries_of(const struct vouch_object_map *own,
		      const struct vouch_capture_view *cap)
{
	if (own->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !own->max_entries)
		return le32_to_cpu(cap->env->nr_cpus);
	return own->max_entries;
}

static int compare_numbers(const struct vouch_capture_map *map,
			   const struct vouch_object_map *own,
			   const struct vouch_capture_view *cap,
			   struct vouch_refusal *why)
{
	const struct {
		const char *what;
		u32 stated, own;
	} rows[] = {
		{ "type", le32_to_cpu(map->type), own->type },
		{ "key size", le32_to_cpu(map->key_size), own->key_size },
		{ "value size", le32_to_cpu(map->value_size), own->value_size },
		{ "entries", le32_to_cpu(map->max_entries),
		  entries_of(own, cap) },
		{ "flags", le32_to_cpu(map->map_flags), own->map_flags },
		{ "kind", le32_to_cpu(map->flags), own->flags },
		{ "extra", le32_to_cpu(map->extra), own->extra },
		{ "length of values", le32_to_cpu(map->data_len),
		  own->data ? own->value_size : 0 },
	};
	size_t i, n = sizeof(rows) / sizeof(rows[0]);

	/* What starts with programs or maps: check_entries.h. */
	if (own->type == BPF_MAP_TYPE_PROG_ARRAY ||
	    vouch_map_holds_maps(own->type))
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

/* What the maps in a map are like is the verifier's ground for what it let the
 * programs do with them. */
static int check_template(const struct vouch_capture_view *cap, u32 index,
			  const struct vouch_object_map *own,
			  const struct vouch_profile *profile,
			  struct vouch_refusal *why)
{
	const struct vouch_capture_map *template = cap->maps[index].template;
	struct vouch_object_map inner;
	int ret;

	if (!template)
		return 0;
	if (!own->template)
		return vouch_refuse(why,
				    "map %s: the object does not say what the "
				    "maps in it are like; define them with "
				    "__array(values, ...)",
				    own->name);
	inner = *own->template;
	/* Neither is kept of a map that is only like others. */
	inner.extra = 0;
	inner.flags = 0;
	ret = check_offered(template, profile, why);
	return ret ? ret : compare_numbers(template, &inner, cap, why);
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

static int check_map(const struct vouch_capture_view *cap, u32 index,
		     const struct vouch_object *object,
		     const struct vouch_profile *profile, u64 *seen,
		     u32 *entries, struct vouch_refusal *why)
{
	const struct vouch_capture_map_view *map = &cap->maps[index];
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
	entries[index] = object->maps[i].max_entries;
	ret = compare_numbers(map->map, &object->maps[i], cap, why);
	if (!ret)
		ret = compare_values(map, &object->maps[i], why);
	return ret ? ret
		   : check_template(cap, index, &object->maps[i], profile, why);
}

int vouch_maps_check(const struct vouch_capture_view *cap,
		     const struct vouch_object *object,
		     const struct vouch_profile *profile, u32 *entries,
		     struct vouch_refusal *why)
{
	u64 seen = 0; /* bit N: the object's map N */
	int ret = 0;
	u32 i;

	_Static_assert(VOUCH_MAX_MAPS <= 64, "a bit for each map");
	for (i = 0; !ret && i < cap->n_maps; i++) {
		ret = check_offered(cap->maps[i].map, profile, why);
		if (!ret)
			ret = check_map(cap, i, object, profile, &seen, entries,
					why);
	}
	for (i = 0; !ret && i < object->n_maps; i++)
		if (!(seen & 1ull << i))
			ret = vouch_refuse(why,
					   "map %s: the object has it, the "
					   "capture has not; %s",
					   object->maps[i].name, LOST);
	return ret;
}

static u32 round_up8(u32 n)
{
	return (n + 7) & ~7u;
}

/* The mask of an array's index: the next power of two, less one. */
static u32 index_mask(u32 entries)
{
	u64 n = 1;

	while (n < entries)
		n *= 2;
	return (u32)(n - 1);
}

/* Does an inlined look-up in the map need this number? */
static bool needs_number(const struct vouch_checked *chk,
			 const struct vouch_capture_map *map, u32 value)
{
	u32 entries = le32_to_cpu(map->max_entries);

	return value == entries || value == index_mask(entries) ||
	       value == round_up8(le32_to_cpu(map->value_size)) ||
	       value == chk->htab_key + round_up8(le32_to_cpu(map->key_size));
}

bool vouch_maps_explain(const struct vouch_capture_view *cap,
			const struct vouch_checked *chk, u32 value)
{
	u32 i;

	if (value == chk->array_value)
		return true;
	for (i = 0; i < cap->n_maps; i++) {
		const struct vouch_capture_map_view *map = &cap->maps[i];

		if (needs_number(chk, map->map, value) ||
		    (map->template && needs_number(chk, map->template, value)))
			return true;
	}
	return false;
}

bool vouch_maps_lru(const struct vouch_capture_map_view *map)
{
	return vouch_map_type_is_lru(le32_to_cpu(map->map->type)) ||
	       (map->template &&
		vouch_map_type_is_lru(le32_to_cpu(map->template->type)));
}
