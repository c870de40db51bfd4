/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that a type of maps has not, for its struct vouch_map_ops. The
 * verifier lets no program ask for those of programs, so what they return
 * serves as a guard alone; a type whose errors to user space are others in the
 * kernel has functions of its own.
 */
#ifndef VOUCH_ABSENT_H
#define VOUCH_ABSENT_H

#include "maps/map.h"

/* For programs: nothing is there; -EINVAL. */
void *vouch_absent_lookup(struct vouch_map *map, void *key);
long vouch_absent_update(struct vouch_map *map, void *key, void *value,
			 u64 flags);
long vouch_absent_remove(struct vouch_map *map, void *key);
long vouch_absent_for_each(struct vouch_map *map, vouch_callback_fn call,
			   u64 ctx);

/* For user space: -EOPNOTSUPP. */
int vouch_absent_copy(struct vouch_map *map, void *key, void *value);
int vouch_absent_store(struct vouch_map *map, void *key, void *value,
		       u64 flags);
int vouch_absent_next_key(struct vouch_map *map, void *key, void *next);

#endif /* VOUCH_ABSENT_H */
