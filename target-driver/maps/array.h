/* SPDX-License-Identifier: GPL-2.0-only */
/* What helpers call of arrays directly; see struct vouch_map_ops. */
#ifndef VOUCH_ARRAY_H
#define VOUCH_ARRAY_H

#include "maps/map.h"

void *vouch_array_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_array_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_array_lookup_cpu(struct vouch_map *map, void *key, u32 cpu);
long vouch_array_update(struct vouch_map *map, void *key, void *value,
			u64 flags);
long vouch_array_remove(struct vouch_map *map, void *key);

/**
 * vouch_array_next_key() - walk over the indexes of a map.
 * @map: a map whose keys are the numbers below its max_entries
 * @key: the one before, or NULL
 * @next: set to the one behind it, or to the first if @key is no index
 *
 * Return: 0, or -ENOENT behind the last.
 */
int vouch_array_next_key(struct vouch_map *map, void *key, void *next);

#endif /* VOUCH_ARRAY_H */
