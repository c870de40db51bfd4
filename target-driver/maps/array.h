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

#endif /* VOUCH_ARRAY_H */
