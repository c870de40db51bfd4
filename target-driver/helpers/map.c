// SPDX-License-Identifier: GPL-2.0-only
/* Map operations as code calls them: r1 map, r2 key, r3 value, r4 flags. */

#include "helpers/export.h"
#include "maps/array.h"
#include "maps/devmap.h"
#include "maps/hash.h"
#include "maps/queue.h"
#include "maps/trie.h"

static __always_inline struct vouch_map *map_of(u64 r1)
{
	return ((struct vouch_map_block *)(unsigned long)r1)->map;
}

static __always_inline void *ptr(u64 r)
{
	return (void *)(unsigned long)r;
}

#define LOOKUP(name, call)                                       \
	VOUCH_HELPER(name)                                       \
	{                                                        \
		return (unsigned long)call(map_of(r1), ptr(r2)); \
	}

/*
 * Linux 6.1 calls a map's own operation in the helper's place, and that
 * returns an int: an error reaches the program without its sign's upper half
 * (until commit "bpf: return long from bpf_map_ops funcs" of 6.4). What the
 * program sees must be what it saw there.
 */
#define UPDATE(name, call)                                          \
	VOUCH_HELPER(name)                                          \
	{                                                           \
		return (u32)call(map_of(r1), ptr(r2), ptr(r3), r4); \
	}
#define REMOVE(name, call)                             \
	VOUCH_HELPER(name)                             \
	{                                              \
		return (u32)call(map_of(r1), ptr(r2)); \
	}

LOOKUP(array_lookup, vouch_array_lookup)
LOOKUP(percpu_array_lookup, vouch_percpu_array_lookup)
LOOKUP(htab_lookup_raw, vouch_hash_lookup_raw)
LOOKUP(htab_lookup, vouch_hash_lookup)
LOOKUP(percpu_htab_lookup, vouch_percpu_hash_lookup)
LOOKUP(trie_lookup, vouch_trie_lookup)
LOOKUP(devmap_lookup, vouch_devmap_lookup)
LOOKUP(devmap_hash_lookup, vouch_devmap_lookup)
LOOKUP(map_lookup, map_of(r1)->ops->lookup)
UPDATE(array_update, vouch_array_update)
UPDATE(htab_update, vouch_hash_update)
UPDATE(percpu_htab_update, vouch_percpu_hash_update)
UPDATE(trie_update, vouch_trie_update)
REMOVE(trie_delete, vouch_trie_remove)
REMOVE(array_delete, vouch_array_remove)
REMOVE(htab_delete, vouch_hash_remove)

/* r1 map, r2 key, r3 CPU */
VOUCH_HELPER(percpu_array_lookup_cpu)
{
	return (unsigned long)vouch_percpu_array_lookup_cpu(map_of(r1), ptr(r2),
							    r3);
}

VOUCH_HELPER(percpu_htab_lookup_cpu)
{
	return (unsigned long)vouch_percpu_hash_lookup_cpu(map_of(r1), ptr(r2),
							   r3);
}

/* Maps without keys: r1 map, r2 value, r3 flags. */
VOUCH_HELPER(queue_push)
{
	return (u32)vouch_queue_push(map_of(r1), ptr(r2), r3);
}

#define TAKE(name, call)                               \
	VOUCH_HELPER(name)                             \
	{                                              \
		return (u32)call(map_of(r1), ptr(r2)); \
	}
TAKE(queue_pop, vouch_queue_pop)
TAKE(queue_peek, vouch_queue_peek)
TAKE(stack_pop, vouch_queue_pop)
TAKE(stack_peek, vouch_queue_peek)

/* With the meaning of bpf_for_each_array_elem() and its like. */
static __always_inline long for_each(u64 r1, u64 r2, u64 r3, u64 r4)
{
	if (r4)
		return -EINVAL;
	return map_of(r1)->ops->for_each(map_of(r1), ptr(r2), r3);
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
	return map_of(r1)->ops->update(map_of(r1), ptr(r2), ptr(r3), r4);
}

VOUCH_HELPER(map_delete)
{
	return map_of(r1)->ops->remove(map_of(r1), ptr(r2));
}

VOUCH_HELPER(map_for_each)
{
	return for_each(r1, r2, r3, r4);
}

VOUCH_HELPER(map_push)
{
	return map_of(r1)->ops->push(map_of(r1), ptr(r2), r3);
}

VOUCH_HELPER(map_pop)
{
	return map_of(r1)->ops->pop(map_of(r1), ptr(r2));
}

VOUCH_HELPER(map_peek)
{
	return map_of(r1)->ops->peek(map_of(r1), ptr(r2));
}
