// SPDX-License-Identifier: GPL-2.0-only

#include <linux/vmalloc.h>

#include "maps/pointers.h"

u64 vouch_pointers_memory(const struct vouch_map_def *def)
{
	return def->array_value + (u64)def->max_entries * sizeof(void *);
}

int vouch_pointers_init(struct vouch_map *map)
{
	map->block = vzalloc(map->memory);
	return map->block ? 0 : -ENOMEM;
}

u32 vouch_pointers_count(struct vouch_map *map)
{
	u32 i, n = 0;

	for (i = 0; i < map->def.max_entries; i++)
		n += !!READ_ONCE(*vouch_pointers_at(map, i));
	return n;
}
