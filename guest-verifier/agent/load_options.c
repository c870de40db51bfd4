// SPDX-License-Identifier: BSD-2-Clause
/* A submission's options, put into an object before it is loaded. */

#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdlib.h>

#include "btf.h"
#include "load.h"

static bool set_entries(struct vouch_load *load, const struct vouch_option *o)
{
	struct bpf_map *map = bpf_object__find_map_by_name(load->bpf, o->name);
	char *end;
	unsigned long n = strtoul(o->value, &end, 10);

	if (!map || bpf_map__is_internal(map)) {
		vouch_load_fail(load, "map_entries: the object has no map %s",
				o->name);
		return vouch_load_blame(load);
	}
	if (!isdigit((unsigned char)*o->value) || *end || !n || n > ~0u) {
		vouch_load_fail(
			load,
			"map_entries: %s is no number of entries for map %s",
			o->value, o->name);
		return vouch_load_blame(load);
	}
	return !bpf_map__set_max_entries(map, n) ||
	       vouch_load_fail(load, "cannot set the entries of map %s",
			       o->name);
}

static bool set_variable(struct vouch_load *load, const struct vouch_option *o)
{
	const struct btf *btf = bpf_object__btf(load->bpf);
	char why[256], known[512] = "";
	struct bpf_map *map;

	bpf_object__for_each_map(map, load->bpf) {
		const char *section = vouch_load_map_section(map);
		size_t size = 0;
		void *data;
		int err;

		if (!section || !btf)
			continue;
		data = (void *)bpf_map__initial_value(map, &size);
		if (!data)
			continue;
		err = vouch_btf_set(btf, section, data, size, o->name, o->value,
				    why, sizeof(why));
		if (!err)
			return true;
		if (err != -ENOENT) {
			vouch_load_fail(load, "set: cannot set %s: %s", o->name,
					why);
			return vouch_load_blame(load);
		}
		vouch_btf_list(btf, section, known, sizeof(known));
	}
	vouch_load_fail(load, "set: the object has no variable %s; it has: %s",
			o->name, *known ? known : "none");
	return vouch_load_blame(load);
}

bool vouch_load_apply(struct vouch_load *load)
{
	const struct vouch_options *o = load->options;
	u32 i;

	for (i = 0; i < o->n_map_entries; i++)
		if (!set_entries(load, &o->map_entries[i]))
			return false;
	for (i = 0; i < o->n_set; i++)
		if (!set_variable(load, &o->set[i]))
			return false;
	return true;
}
