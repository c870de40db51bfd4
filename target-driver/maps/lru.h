/* SPDX-License-Identifier: GPL-2.0-only */
/* What helpers call of LRU hash maps directly; see struct vouch_map_ops. */
#ifndef VOUCH_LRU_H
#define VOUCH_LRU_H

#include "maps/map.h"

void *vouch_lru_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_lru_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_lru_lookup_cpu(struct vouch_map *map, void *key, u32 cpu);
long vouch_lru_update(struct vouch_map *map, void *key, void *value, u64 flags);
long vouch_percpu_lru_update(struct vouch_map *map, void *key, void *value,
			     u64 flags);
long vouch_lru_remove(struct vouch_map *map, void *key);

#endif /* VOUCH_LRU_H */
