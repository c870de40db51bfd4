/* SPDX-License-Identifier: GPL-2.0-only */
/* What helpers call of hash maps directly; see struct vouch_map_ops. */
#ifndef VOUCH_HASH_H
#define VOUCH_HASH_H

#include "maps/map.h"

/**
 * vouch_hash_lookup_raw() - find an element.
 * @map: a hash map, per-CPU or not
 * @key: key_size bytes
 *
 * Return: the element's address as inlined code expects it, with the key
 * htab_key bytes behind, or NULL.
 */
void *vouch_hash_lookup_raw(struct vouch_map *map, void *key);

void *vouch_hash_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_hash_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_hash_lookup_cpu(struct vouch_map *map, void *key, u32 cpu);
long vouch_hash_update(struct vouch_map *map, void *key, void *value,
		       u64 flags);
long vouch_percpu_hash_update(struct vouch_map *map, void *key, void *value,
			      u64 flags);
long vouch_hash_remove(struct vouch_map *map, void *key);

#endif /* VOUCH_HASH_H */
