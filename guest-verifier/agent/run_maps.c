// SPDX-License-Identifier: BSD-2-Clause

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "hex.h"
#include "load.h"
#include "run_maps.h"

#define MAX_VALUE (1u << 20)
#define MAX_DUMPED 262144 /* entries of a map */

static u32 value_len(const struct bpf_map *map)
{
	int cpus = 1;

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		cpus = libbpf_num_possible_cpus();
		return cpus < 1 ? 0
				: ((bpf_map__value_size(map) + 7) & ~7u) *
					  (u32)cpus;
	default:
		return bpf_map__value_size(map);
	}
}

static struct bpf_map *find_map(struct bpf_object *bpf, const char *name)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, bpf)
		if (name && !strcmp(vouch_load_map_name(map), name))
			return map;
	return NULL;
}

static u8 *hex_value(const json_t *json, u32 len)
{
	const char *hex = json_string_value(json);
	u8 *p = hex && len <= MAX_VALUE ? malloc(len + 1) : NULL;

	if (p &&
	    (strlen(hex) != 2 * (size_t)len || vouch_hex_read(hex, p, len))) {
		free(p);
		return NULL;
	}
	return p;
}

static bool preset(const struct vouch_load *load, const json_t *entry,
		   char *why, size_t size)
{
	const char *name = json_string_value(json_object_get(entry, "map"));
	struct bpf_map *map = find_map(load->bpf, name);
	u8 *key = NULL, *value = NULL;
	bool good = false;

	if (!map) {
		snprintf(why, size, "presets: the object has no map %s",
			 name ? name : "");
		return false;
	}
	key = hex_value(json_object_get(entry, "key"), bpf_map__key_size(map));
	value = hex_value(json_object_get(entry, "value"), value_len(map));
	if (!key || !value)
		snprintf(
			why, size,
			"presets: map %s wants a key of %u and a value of %u bytes in hexadecimal",
			name, bpf_map__key_size(map), value_len(map));
	else if (bpf_map_update_elem(bpf_map__fd(map),
				     bpf_map__key_size(map) ? key : NULL, value,
				     BPF_ANY))
		snprintf(why, size, "presets: map %s: %s", name,
			 strerror(errno));
	else
		good = true;
	free(key);
	free(value);
	return good;
}

json_t *vouch_run_hex(const void *p, size_t len)
{
	char *text = malloc(2 * len + 1);
	json_t *json;

	if (!text)
		return NULL;
	vouch_hex_write(p, len, text);
	json = json_string(text);
	free(text);
	return json;
}

bool vouch_run_preset(const struct vouch_load *load, const json_t *presets,
		      char *why, size_t size)
{
	json_t *entry;
	size_t i;

	json_array_foreach((json_t *)presets, i, entry)
		if (!preset(load, entry, why, size))
			return false;
	return true;
}

static bool dump_map(const struct bpf_map *map, json_t *maps, char *why,
		     size_t size)
{
	u32 key_len = bpf_map__key_size(map), n = 0;
	u32 len = value_len(map);
	int fd = bpf_map__fd(map);
	json_t *entries = json_array();
	u8 *key = calloc(1, key_len + 1), *value = malloc(len + 1);
	bool more = key && value && len <= MAX_VALUE &&
		    !bpf_map_get_next_key(fd, NULL, key);

	while (more && n++ < MAX_DUMPED) {
		/* An entry that has gone meanwhile, or one of an array of
		 * files that is empty, has no value. */
		if (!bpf_map_lookup_elem(fd, key, value))
			json_array_append_new(
				entries,
				json_pack("{s:o, s:o}", "key",
					  vouch_run_hex(key, key_len), "value",
					  vouch_run_hex(value, len)));
		more = !bpf_map_get_next_key(fd, key, key);
	}
	free(key);
	free(value);
	json_object_set_new(maps, vouch_load_map_name(map), entries);
	if (more)
		snprintf(why, size, "map %s has too many entries to dump",
			 vouch_load_map_name(map));
	return !more;
}

static bool dump_wanted(const json_t *wanted, const struct bpf_map *map)
{
	size_t i;
	json_t *name;

	json_array_foreach((json_t *)wanted, i, name)
		if (json_is_string(name) &&
		    !strcmp(json_string_value(name), vouch_load_map_name(map)))
			return true;
	return json_is_true(wanted);
}

bool vouch_run_dump(const struct vouch_load *load, const json_t *wanted,
		    json_t *maps, char *why, size_t size)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, load->bpf)
		if (dump_wanted(wanted, map) && !dump_map(map, maps, why, size))
			return false;
	return true;
}
