// SPDX-License-Identifier: BSD-2-Clause
/* Elements of a map: the ioctls, and elements as JSON has them. */

#include "map.h"

#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "bpf_names.h"
#include "capture.h"
#include "find.h"
#include "hex.h"

/* What hexadecimal of all elements may occupy in one answer, bytes. */
#define MAX_DUMP (3u << 20)
#define MAX_ELEMENT (1u << 20)
/* Names, quotes and brackets of one element, and of one CPU's value. */
#define JSON_PER_ELEMENT 48u
#define JSON_PER_CPU 4u

int vouch_map_open(int device, const char *image, const char *name,
		   struct vouch_map *map, struct vouch_failure *f)
{
	int err;

	memset(map, 0, sizeof(*map));
	map->device = device;
	err = vouch_find_map(device, image, name, &map->info, f);
	if (err)
		return err;
	map->per_cpu = vouch_map_type_per_cpu(map->info.type);
	vouch_fail(f, -E2BIG, VOUCH_EXIT_REFUSED, "use the map %s", name);
	if (map->info.key_size > MAX_ELEMENT ||
	    map->info.value_io > MAX_ELEMENT)
		return vouch_fail_why(f, "its elements are too large for this "
					 "channel");
	map->key = calloc(1, map->info.key_size + 1);
	map->next = calloc(1, map->info.key_size + 1);
	map->value = calloc(1, map->info.value_io + 1);
	if (map->key && map->next && map->value)
		return 0;
	return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL, "use the map %s",
			  name);
}

void vouch_map_close(struct vouch_map *map)
{
	free(map->key);
	free(map->next);
	free(map->value);
	memset(map, 0, sizeof(*map));
}

static void fill_op(const struct vouch_map *map, struct vouch_target_map_op *op)
{
	memset(op, 0, sizeof(*op));
	memcpy(op->image, map->info.image, sizeof(op->image));
	memcpy(op->map, map->info.name, sizeof(op->map));
	if (map->info.key_size)
		op->key = (uintptr_t)map->key;
	op->key_len = map->info.key_size;
}

static int call(const struct vouch_map *map, unsigned long request,
		struct vouch_target_map_op *op, const char *doing,
		struct vouch_failure *f)
{
	int err;

	vouch_fail(f, 0, VOUCH_EXIT_REFUSED,
		   "%s an element of the map %s of %s", doing, map->info.name,
		   map->info.image);
	vouch_fail_next(f, "see \"vouch target map list\" and \"vouch target "
			   "map dump\"");
	err = vouch_device_call(map->device, request, op, op->reason, f);
	/* The map was there: it is the element that is not. */
	if (err == -ENOENT && map->info.key_size)
		vouch_fail_why(f, "it has no element of that key");
	else if (err == -ENOENT)
		vouch_fail_why(f, "it has no such element");
	return err;
}

int vouch_map_lookup(struct vouch_map *map, u64 flags, struct vouch_failure *f)
{
	struct vouch_target_map_op op;

	fill_op(map, &op);
	op.flags = flags;
	op.value = (uintptr_t)map->value;
	op.value_len = map->info.value_io;
	return call(map, VOUCH_TARGET_MAP_LOOKUP, &op, "read", f);
}

int vouch_map_update(struct vouch_map *map, u64 flags, struct vouch_failure *f)
{
	struct vouch_target_map_op op;

	fill_op(map, &op);
	op.value = (uintptr_t)map->value;
	op.value_len = map->info.value_io;
	op.flags = flags;
	return call(map, VOUCH_TARGET_MAP_UPDATE, &op, "write", f);
}

int vouch_map_remove(struct vouch_map *map, struct vouch_failure *f)
{
	struct vouch_target_map_op op;

	fill_op(map, &op);
	return call(map, VOUCH_TARGET_MAP_DELETE, &op, "delete", f);
}

/* Make map->key the key behind it, or the first one. */
static int step(struct vouch_map *map, bool first, struct vouch_failure *f)
{
	struct vouch_target_map_op op;
	int err;

	fill_op(map, &op);
	if (first)
		op.key = 0;
	op.next_key = (uintptr_t)map->next;
	err = call(map, VOUCH_TARGET_MAP_NEXT_KEY, &op, "find", f);
	if (!err)
		memcpy(map->key, map->next, map->info.key_size);
	return err;
}

static u32 cpu_step(const struct vouch_map *map)
{
	return (map->info.value_size + 7u) & ~7u;
}

static u32 n_cpus(const struct vouch_map *map)
{
	u32 each = cpu_step(map);

	return each ? map->info.value_io / each : 0;
}

/* The name of a map in a map. */
static void inner_json(const struct vouch_map *map, json_t *object)
{
	struct vouch_target_map_info inner;
	u32 i;

	memcpy(&i, map->value, sizeof(i));
	if (!vouch_device_map(map->device, map->info.image, i, &inner))
		json_object_set_new(object, "inner", json_string(inner.name));
}

void vouch_map_value_json(const struct vouch_map *map, json_t *object)
{
	json_t *values;
	u32 cpu;

	if (!map->per_cpu) {
		json_object_set_new(
			object, "value",
			vouch_hex_json(map->value, map->info.value_size));
		if (vouch_map_holds_maps(map->info.type))
			inner_json(map, object);
		return;
	}
	values = json_array();
	for (cpu = 0; cpu < n_cpus(map); cpu++)
		json_array_append_new(
			values,
			vouch_hex_json(map->value + (size_t)cpu * cpu_step(map),
				       map->info.value_size));
	json_object_set_new(object, "values", values);
}

static int read_values(struct vouch_map *map, const json_t *values,
		       struct vouch_failure *f)
{
	const json_t *value;
	size_t cpu;

	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "set the map %s",
		   map->info.name);
	vouch_fail_next(f, "send \"values\" as docs/protocol.md says");
	if (!map->per_cpu)
		return vouch_fail_why(f, "it has no values per CPU");
	if (json_array_size(values) != n_cpus(map))
		return vouch_fail_why(f,
				      "there must be %u values, one for "
				      "each possible CPU",
				      n_cpus(map));
	memset(map->value, 0, map->info.value_io);
	json_array_foreach(values, cpu, value) {
		const char *hex = json_string_value(value);

		if (!hex ||
		    vouch_hex_read(hex,
				   map->value + (size_t)cpu * cpu_step(map),
				   map->info.value_size))
			return vouch_fail_why(f,
					      "the value of CPU %zu is not "
					      "%u bytes in hexadecimal",
					      cpu, map->info.value_size);
	}
	return 0;
}

int vouch_map_value_read(struct vouch_map *map, const json_t *args,
			 struct vouch_failure *f)
{
	const json_t *values;
	u32 cpu;
	int err = vouch_arg_list(args, "values", 65536, &values, f);

	if (err)
		return err;
	if (values)
		return read_values(map, values, f);
	memset(map->value, 0, map->info.value_io);
	err = vouch_arg_bytes(args, "value", map->info.value_size, map->value,
			      f);
	if (err || !map->per_cpu)
		return err;
	for (cpu = 1; cpu < n_cpus(map); cpu++)
		memcpy(map->value + (size_t)cpu * cpu_step(map), map->value,
		       map->info.value_size);
	return 0;
}

static json_t *entry_json(const struct vouch_map *map, bool raw)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "key",
			    vouch_hex_json(map->key, map->info.key_size));
	if (raw)
		json_object_set_new(
			entry, "value",
			vouch_hex_json(map->value, map->info.value_io));
	else
		vouch_map_value_json(map, entry);
	return entry;
}

/* Add map->key and its value, unless it was deleted meanwhile. */
static int append(struct vouch_map *map, bool raw, json_t *entries,
		  struct vouch_failure *f)
{
	int err = vouch_map_lookup(map, 0, f);

	if (!err)
		json_array_append_new(entries, entry_json(map, raw));
	return err == -ENOENT ? 0 : err;
}

int vouch_map_entries(struct vouch_map *map, bool raw, bool resume,
		      json_t **entries, bool *more, struct vouch_failure *f)
{
	u64 each = 2ull * (map->info.key_size + map->info.value_io) +
		   JSON_PER_ELEMENT + (u64)JSON_PER_CPU * n_cpus(map);
	u32 most = (u32)(MAX_DUMP / each), n;
	int err = 0;

	*entries = json_array();
	/* What has no keys cannot be walked over. */
	if (!map->info.key_size)
		most = 0;
	for (n = 0; !err && n < map->info.max_entries && n < most; n++) {
		err = step(map, !n && !resume, f);
		if (!err)
			err = append(map, raw, *entries, f);
	}
	*more = !err && n && n == most && n < map->info.max_entries;
	if (!err || err == -ENOENT)
		return 0;
	json_decref(*entries);
	*entries = NULL;
	return err;
}

json_t *vouch_map_key_json(const struct vouch_map *map)
{
	return vouch_hex_json(map->key, map->info.key_size);
}
