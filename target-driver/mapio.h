/* SPDX-License-Identifier: GPL-2.0-only */
/* User space's access to maps, with the meaning of bpf(2)'s. */
#ifndef VOUCH_MAPIO_H
#define VOUCH_MAPIO_H

#include "loaded.h"
#include "maps/map.h"
#include "vouch_target_abi.h"

/*
 * All take an image, a map of it and a request with user pointers, and return 0
 * or the errno that VOUCH_TARGET_MAP_LOOKUP and its like document, with @why
 * filled.
 */
int vouch_mapio_lookup(const struct vouch_loaded *l, struct vouch_map *map,
		       struct vouch_target_map_op *op,
		       struct vouch_reason *why);
int vouch_mapio_update(const struct vouch_loaded *l, struct vouch_map *map,
		       struct vouch_target_map_op *op,
		       struct vouch_reason *why);
int vouch_mapio_delete(const struct vouch_loaded *l, struct vouch_map *map,
		       struct vouch_target_map_op *op,
		       struct vouch_reason *why);
int vouch_mapio_next_key(const struct vouch_loaded *l, struct vouch_map *map,
			 struct vouch_target_map_op *op,
			 struct vouch_reason *why);

/* The same for VOUCH_TARGET_RECORDS. */
int vouch_mapio_records(struct vouch_map *map, struct vouch_target_records *r,
			struct vouch_reason *why);
int vouch_mapio_lines(struct vouch_target_records *r, struct vouch_reason *why);

#endif /* VOUCH_MAPIO_H */
