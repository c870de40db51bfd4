// SPDX-License-Identifier: GPL-2.0-only
/* Map operations as code calls them, of arrays and hash maps and of any. */

#include "helpers/map_ops.h"
#include "maps/array.h"
#include "maps/hash.h"

VOUCH_MAP_LOOKUP(array_lookup, vouch_array_lookup)
VOUCH_MAP_LOOKUP(percpu_array_lookup, vouch_percpu_array_lookup)
VOUCH_MAP_LOOKUP(htab_lookup_raw, vouch_hash_lookup_raw)
VOUCH_MAP_LOOKUP(htab_lookup, vouch_hash_lookup)
VOUCH_MAP_LOOKUP(percpu_htab_lookup, vouch_percpu_hash_lookup)
VOUCH_MAP_LOOKUP(map_lookup, vouch_map_of(r1)->ops->lookup)
VOUCH_MAP_UPDATE(array_update, vouch_array_update)
VOUCH_MAP_UPDATE(htab_update, vouch_hash_update)
VOUCH_MAP_UPDATE(percpu_htab_update, vouch_percpu_hash_update)
VOUCH_MAP_REMOVE(array_delete, vouch_array_remove)
VOUCH_MAP_REMOVE(htab_delete, vouch_hash_remove)

/* r1 map, r2 key, r3 CPU */
VOUCH_HELPER(percpu_array_lookup_cpu)
{
	return (unsigned long)vouch_percpu_array_lookup_cpu(
		vouch_map_of(r1), vouch_map_ptr(r2), r3);
}

VOUCH_HELPER(percpu_htab_lookup_cpu)
{
	return (unsigned long)vouch_percpu_hash_lookup_cpu(
		vouch_map_of(r1), vouch_map_ptr(r2), r3);
}

/* The verifier lets only per-CPU maps be asked. */
VOUCH_HELPER(map_lookup_cpu)
{
	struct vouch_map *map = vouch_map_of(r1);

	if (!map->ops->lookup_cpu)
		return 0;
	return (unsigned long)map->ops->lookup_cpu(map, vouch_map_ptr(r2), r3);
}

/* With the meaning of bpf_for_each_array_elem() and its like. */
static __always_inline long for_each(u64 r1, u64 r2, u64 r3, u64 r4)
{
	if (r4)
		return -EINVAL;
	return vouch_map_of(r1)->ops->for_each(vouch_map_of(r1),
					       vouch_map_ptr(r2), r3);
}

#define FOR_EACH(name)                                \
	VOUCH_HELPER(name)                            \
	{                                             \
		return (u32)for_each(r1, r2, r3, r4); \
	}
FOR_EACH(array_for_each)
FOR_EACH(htab_for_each)

/* The generic helpers return what they call with its sign, in 64 bits. */
VOUCH_HELPER(map_update)
{
	return vouch_map_of(r1)->ops->update(
		vouch_map_of(r1), vouch_map_ptr(r2), vouch_map_ptr(r3), r4);
}

VOUCH_HELPER(map_delete)
{
	return vouch_map_of(r1)->ops->remove(vouch_map_of(r1),
					     vouch_map_ptr(r2));
}

VOUCH_HELPER(map_for_each)
{
	return for_each(r1, r2, r3, r4);
}
