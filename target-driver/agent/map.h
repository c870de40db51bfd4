/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Elements of a map: the ioctls, and elements as JSON has them.
 */
#ifndef VOUCH_AGENT_MAP_H
#define VOUCH_AGENT_MAP_H

#include "device.h"

/* A map in use. Buffers for one element belong to it. */
struct vouch_map {
	int device;
	struct vouch_target_map_info info;
	bool per_cpu;
	u8 *key, *next; /* info.key_size bytes */
	u8 *value; /* info.value_io bytes */
};

/**
 * vouch_map_open() - find a map and make its buffers.
 * @device: the device
 * @image: as for vouch_find_map()
 * @name: the map's
 * @map: filled; release with vouch_map_close(), also after an error
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_map_open(int device, const char *image, const char *name,
		   struct vouch_map *map, struct vouch_failure *f);

/**
 * vouch_map_close() - free a map's buffers.
 * @map: the map; may be all zero
 */
void vouch_map_close(struct vouch_map *map);

/**
 * vouch_map_lookup() - read map->value of map->key.
 * @map: the map
 * @flags: 0, or BPF_F_LOCK: under the value's lock
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_map_lookup(struct vouch_map *map, u64 flags, struct vouch_failure *f);

/**
 * vouch_map_update() - write map->value under map->key.
 * @map: the map
 * @flags: BPF_ANY, BPF_NOEXIST or BPF_EXIST, and BPF_F_LOCK
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_map_update(struct vouch_map *map, u64 flags, struct vouch_failure *f);

/**
 * vouch_map_remove() - delete the element map->key.
 * @map: the map
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_map_remove(struct vouch_map *map, struct vouch_failure *f);

/**
 * vouch_map_entries() - the elements of a map, as many as one answer holds.
 * @map: the map; map->key is the last key that was reached
 * @raw: true: "value" as bpf(2) has it, also for per-CPU maps; false: as
 *	vouch_map_value_json()
 * @resume: go on behind map->key
 * @entries: set to a new list of {key, value} or {key, values}
 * @more: set to whether there may be more elements
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_map_entries(struct vouch_map *map, bool raw, bool resume,
		      json_t **entries, bool *more, struct vouch_failure *f);

/**
 * vouch_map_key_json() - map->key in hexadecimal.
 * @map: the map
 *
 * Return: a new text.
 */
json_t *vouch_map_key_json(const struct vouch_map *map);

/**
 * vouch_map_value_json() - put map->value into an object.
 * @map: the map
 * @object: gets "value", or "values" with one for each possible CPU; of a map
 *in a map also "inner", its name
 */
void vouch_map_value_json(const struct vouch_map *map, json_t *object);

/**
 * vouch_map_value_read() - set map->value from a request.
 * @map: the map
 * @args: the request: "value", which in a per-CPU map goes to every CPU, or
 *	"values", one for each possible CPU
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_map_value_read(struct vouch_map *map, const json_t *args,
			 struct vouch_failure *f);

#endif /* VOUCH_AGENT_MAP_H */
