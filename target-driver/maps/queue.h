/* SPDX-License-Identifier: GPL-2.0-only */
/* What helpers call of queues and stacks; see struct vouch_map_ops. */
#ifndef VOUCH_QUEUE_H
#define VOUCH_QUEUE_H

#include "maps/map.h"

long vouch_queue_push(struct vouch_map *map, void *value, u64 flags);
long vouch_queue_pop(struct vouch_map *map, void *value);
long vouch_queue_peek(struct vouch_map *map, void *value);

#endif /* VOUCH_QUEUE_H */
