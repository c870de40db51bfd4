/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers that are map operations: r1 map, r2 key, r3 value, r4 flags. */
#ifndef VOUCH_MAP_OPS_H
#define VOUCH_MAP_OPS_H

#include "helpers/export.h"
#include "maps/map.h"

static __always_inline struct vouch_map *vouch_map_of(u64 r1)
{
	return ((struct vouch_map_block *)(unsigned long)r1)->map;
}

static __always_inline void *vouch_map_ptr(u64 r)
{
	return (void *)(unsigned long)r;
}

#define VOUCH_MAP_LOOKUP(name, call)                           \
	VOUCH_HELPER(name)                                     \
	{                                                      \
		return (unsigned long)call(vouch_map_of(r1),   \
					   vouch_map_ptr(r2)); \
	}

/*
 * Linux 6.1 calls a map's own operation in the helper's place, and that
 * returns an int: an error reaches the program without its sign's upper half
 * (until commit "bpf: return long from bpf_map_ops funcs" of 6.4). What the
 * program sees must be what it saw there.
 */
#define VOUCH_MAP_UPDATE(name, call)                                  \
	VOUCH_HELPER(name)                                            \
	{                                                             \
		return (u32)call(vouch_map_of(r1), vouch_map_ptr(r2), \
				 vouch_map_ptr(r3), r4);              \
	}
#define VOUCH_MAP_REMOVE(name, call)                                   \
	VOUCH_HELPER(name)                                             \
	{                                                              \
		return (u32)call(vouch_map_of(r1), vouch_map_ptr(r2)); \
	}

#endif /* VOUCH_MAP_OPS_H */
