/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays of pointers in a map's block, one for each entry, where code of the
 * verifier kernel's JIT or helpers find them. See struct vouch_map_ops.
 */
#ifndef VOUCH_POINTERS_H
#define VOUCH_POINTERS_H

#include "maps/map.h"

/* Where the pointer of an entry is, for an index below max_entries. */
static inline void **vouch_pointers_at(const struct vouch_map *map, u32 index)
{
	return (void **)vouch_map_value(map) + index;
}

u64 vouch_pointers_memory(const struct vouch_map_def *def);
int vouch_pointers_init(struct vouch_map *map);
u32 vouch_pointers_count(struct vouch_map *map);

#endif /* VOUCH_POINTERS_H */
