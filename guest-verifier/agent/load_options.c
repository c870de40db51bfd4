// SPDX-License-Identifier: BSD-2-Clause
/* A submission's options, put into an object before it is loaded. */

#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdlib.h>

#include "bpf_names.h"
#include "btf.h"
#include "load.h"

/* One thing that is said of maps, and the number that it is. */
struct said {
	const char *key, *what;
	int (*set)(struct bpf_map *map, u32 n);
	u32 (*number)(const char *text);
};

static u32 read_number(const char *text)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)*text))
		return 0;
	n = strtoul(text, &end, 10);
	return *end || n > ~0u ? 0 : (u32)n;
}

static int set_type(struct bpf_map *map, u32 n)
{
	return bpf_map__set_type(map, (enum bpf_map_type)n);
}

static bool set_map(struct vouch_load *load, const struct said *said,
		    const struct vouch_option *o)
{
	struct bpf_map *map = bpf_object__find_map_by_name(load->bpf, o->name);
	u32 n = said->number(o->value);

	if (!map || bpf_map__is_internal(map)) {
		vouch_load_fail(load, "%s: the object has no map %s", said->key,
				o->name);
		return vouch_load_blame(load);
	}
	if (!n) {
		vouch_load_fail(load, "%s: %s is no %s for map %s", said->key,
				o->value, said->what, o->name);
		return vouch_load_blame(load);
	}
	return !said->set(map, n) ||
	       vouch_load_fail(load, "%s: cannot set that of map %s", said->key,
			       o->name);
}

/* In the order in which the host does it. */
static bool set_maps(struct vouch_load *load)
{
	static const struct said type = { "map_types", "type", set_type,
					  vouch_map_type_by_name };
	static const struct said key = { "map_key_sizes", "number of bytes",
					 bpf_map__set_key_size, read_number };
	static const struct said value = { "map_value_sizes", "number of bytes",
					   bpf_map__set_value_size,
					   read_number };
	static const struct said entries = { "map_entries", "number of entries",
					     bpf_map__set_max_entries,
					     read_number };
	const struct vouch_options *o = load->options;
	u32 i;

	for (i = 0; i < o->n_map_types; i++)
		if (!set_map(load, &type, &o->map_types[i]))
			return false;
	for (i = 0; i < o->n_map_key_sizes; i++)
		if (!set_map(load, &key, &o->map_key_sizes[i]))
			return false;
	for (i = 0; i < o->n_map_value_sizes; i++)
		if (!set_map(load, &value, &o->map_value_sizes[i]))
			return false;
	for (i = 0; i < o->n_map_entries; i++)
		if (!set_map(load, &entries, &o->map_entries[i]))
			return false;
	return true;
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

	if (!set_maps(load))
		return false;
	for (i = 0; i < o->n_set; i++)
		if (!set_variable(load, &o->set[i]))
			return false;
	return true;
}
