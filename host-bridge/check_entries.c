// SPDX-License-Identifier: BSD-2-Clause
/* Prog arrays, and the programs that are in them. */

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

int vouch_entries_check(const struct vouch_capture_view *cap, u32 map,
			struct vouch_checked *out, struct vouch_refusal *why)
{
	const struct vouch_capture_map *m = cap->maps[map].map;
	const __le32 *entries = (const void *)cap->maps[map].data;
	u32 *owner = &out->owners[map], i, n;
	int ret = 0;

	*owner = 0;
	if (le32_to_cpu(m->type) != BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
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
