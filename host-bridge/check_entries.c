// SPDX-License-Identifier: BSD-2-Clause
/* Prog arrays and maps of maps, and what is in them. */

#include <linux/bpf.h>

#include "../common/bpf_names.h"
#include "check_entries.h"

static bool func_uses(const struct vouch_capture_func_view *f, u32 map)
{
	u32 i;

	for (i = 0; i < f->n_refs; i++)
		if (le32_to_cpu(f->refs[i].kind) == VOUCH_REF_MAP &&
		    le32_to_cpu(f->refs[i].index) == map)
			return true;
	return false;
}

static bool prog_uses(const struct vouch_capture_prog_view *p, u32 map)
{
	u32 i;

	for (i = 0; i < p->n_funcs; i++)
		if (func_uses(&p->funcs[i], map))
			return true;
	return false;
}

/* One more program that calls, or is called, by way of the array. */
static int take_prog(const struct vouch_capture_map *map,
		     const struct vouch_capture_prog *prog, u32 *owner,
		     struct vouch_refusal *why)
{
	u32 type = le32_to_cpu(prog->type);

	if (!*owner)
		*owner = type;
	if (*owner == type)
		return 0;
	return vouch_refuse_prog(why, prog->name,
				 "it is of type %s, but prog array %s is of "
				 "programs of type %s; use an array for each "
				 "type",
				 vouch_prog_type_name(type), map->name,
				 vouch_prog_type_name(*owner));
}

static struct vouch_map_shape shape_of(const struct vouch_capture_map *m)
{
	return (struct vouch_map_shape){
		.type = le32_to_cpu(m->type),
		.key_size = le32_to_cpu(m->key_size),
		.value_size = le32_to_cpu(m->value_size),
		.max_entries = le32_to_cpu(m->max_entries),
		.map_flags = le32_to_cpu(m->map_flags),
		.locked = !!(le32_to_cpu(m->flags) & VOUCH_MAP_LOCK),
	};
}

/* A program may use what it finds as if it were the template. */
static int check_maps(const struct vouch_capture_view *cap,
		      const struct vouch_capture_map_view *map,
		      struct vouch_refusal *why)
{
	const struct vouch_map_shape template = shape_of(map->template);
	u32 i, n = map->data ? le32_to_cpu(map->map->max_entries) : 0;
	const __le32 *entries = (const void *)map->data;

	for (i = 0; i < n; i++) {
		const struct vouch_capture_map *inner;
		struct vouch_map_shape shape;

		if (!entries[i])
			continue;
		inner = cap->maps[le32_to_cpu(entries[i]) - 1].map;
		shape = shape_of(inner);
		if (!vouch_map_shape_fits(&template, &shape))
			return vouch_refuse(why,
					    "map %s: starts with map %s, which "
					    "is not like those that it holds; "
					    "verify again, in a fresh VM",
					    map->map->name, inner->name);
	}
	return 0;
}

static int check_progs(const struct vouch_capture_view *cap, u32 map,
		       struct vouch_checked *out, struct vouch_refusal *why)
{
	const struct vouch_capture_map *m = cap->maps[map].map;
	const __le32 *entries = (const void *)cap->maps[map].data;
	u32 *owner = &out->owners[map], i, n;
	int ret = 0;

	n = le32_to_cpu(m->max_entries);
	if (le32_to_cpu(m->key_size) != 4 || le32_to_cpu(m->value_size) != 4 ||
	    n > VOUCH_MAX_ENTRIES)
		return vouch_refuse(why,
				    "map %s: a prog array has keys and values "
				    "of 4 bytes and up to %u entries; give it "
				    "fewer",
				    m->name, VOUCH_MAX_ENTRIES);
	if (!out->prog_func)
		return vouch_refuse(why,
				    "map %s: the capture does not state "
				    "bpf_prog.bpf_func, which prog arrays "
				    "need; verify again, in a fresh VM",
				    m->name);
	for (i = 0; !ret && i < cap->n_progs; i++)
		if (prog_uses(&cap->progs[i], map))
			ret = take_prog(m, cap->progs[i].prog, owner, why);
	for (i = 0; !ret && entries && i < n; i++)
		if (entries[i])
			ret = take_prog(
				m, cap->progs[le32_to_cpu(entries[i]) - 1].prog,
				owner, why);
	return ret;
}

int vouch_entries_check(const struct vouch_capture_view *cap, u32 map,
			struct vouch_checked *out, struct vouch_refusal *why)
{
	const struct vouch_capture_map_view *m = &cap->maps[map];

	out->owners[map] = 0;
	if (m->template)
		return check_maps(cap, m, why);
	if (le32_to_cpu(m->map->type) == BPF_MAP_TYPE_PROG_ARRAY)
		return check_progs(cap, map, out, why);
	return 0;
}
