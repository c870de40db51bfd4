// SPDX-License-Identifier: GPL-2.0-only
/* Operations of maps that drop what is not in use. */

#include "helpers/map_ops.h"
#include "maps/lru.h"

VOUCH_MAP_LOOKUP(lru_lookup, vouch_lru_lookup)
VOUCH_MAP_LOOKUP(percpu_lru_lookup, vouch_percpu_lru_lookup)
VOUCH_MAP_UPDATE(lru_update, vouch_lru_update)
VOUCH_MAP_UPDATE(percpu_lru_update, vouch_percpu_lru_update)
VOUCH_MAP_REMOVE(lru_delete, vouch_lru_remove)

/* r1 map, r2 key, r3 CPU */
VOUCH_HELPER(percpu_lru_lookup_cpu)
{
	return (unsigned long)vouch_percpu_lru_lookup_cpu(
		vouch_map_of(r1), vouch_map_ptr(r2), r3);
}
