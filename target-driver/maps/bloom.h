/* SPDX-License-Identifier: GPL-2.0-only */
/* What helpers call of bloom filters; see struct vouch_map_ops. */
#ifndef VOUCH_BLOOM_H
#define VOUCH_BLOOM_H

#include "maps/map.h"

long vouch_bloom_push(struct vouch_map *map, void *value, u64 flags);
long vouch_bloom_peek(struct vouch_map *map, void *value);

#endif /* VOUCH_BLOOM_H */
