/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table behind hash maps: buckets, elements, and those that are free.
 *
 * All elements are allocated beforehand, also with BPF_F_NO_PREALLOC.
 * Elements are reused at once; a reader that follows one into another bucket
 * notices by the list's end marker and starts again. Writers hold the
 * bucket's lock (maps/busy.h). Of a map that makes room by itself, maps/lru.c
 * tells how.
 */
#ifndef VOUCH_TABLE_H
#define VOUCH_TABLE_H

#include <linux/jhash.h>
#include <linux/percpu.h>
#include <linux/rculist_nulls.h>
#include <linux/spinlock.h>

#include "maps/map.h"

/*
 * The free list's link lies over the node's pprev: a reader that still
 * stands on the element needs its next.
 */
struct vouch_elem {
	union {
		struct hlist_nulls_node node;
		struct {
			void *in_use;
			struct vouch_elem *free_next;
		};
	};
	u32 hash;
	u32 linked; /* LRU: is in its bucket */
};

struct vouch_bucket {
	struct hlist_nulls_head head;
	raw_spinlock_t lock;
};

struct vouch_hash {
	struct vouch_bucket *buckets;
	u32 n_buckets; /* a power of two */
	u32 seed;
	u32 elem_len; /* bytes from one element to the next */
	u8 *elems;
	raw_spinlock_t free_lock;
	struct vouch_elem *free;
	struct vouch_elem *__percpu *extra; /* for replacing in a full map */
	atomic_t count;
	raw_spinlock_t order_lock; /* LRU: of the order of elements */
};

static __always_inline void *vouch_elem_key(const struct vouch_map *map,
					    struct vouch_elem *e)
{
	return (u8 *)e + map->def.htab_key;
}

static __always_inline void *vouch_elem_value(const struct vouch_map *map,
					      struct vouch_elem *e)
{
	return (u8 *)e + map->def.htab_key + round_up(map->def.key_size, 8);
}

/* A per-CPU map's element has a pointer in the place of the value. */
static __always_inline void __percpu *
vouch_elem_pptr(const struct vouch_map *map, struct vouch_elem *e)
{
	return *(void __percpu **)vouch_elem_value(map, e);
}

static __always_inline u32 vouch_table_hash(const struct vouch_map *map,
					    const void *key)
{
	return jhash(key, map->def.key_size, map->hash->seed);
}

static __always_inline struct vouch_bucket *
vouch_table_bucket(const struct vouch_map *map, u32 hash)
{
	return &map->hash->buckets[hash & (map->hash->n_buckets - 1)];
}

/**
 * vouch_table_check() - can a hash map be made of a definition?
 * @def: the definition
 *
 * Return: 0 or -errno.
 */
int vouch_table_check(const struct vouch_map_def *def);

/**
 * vouch_table_memory() - bytes that a hash map occupies.
 * @def: its definition
 */
u64 vouch_table_memory(const struct vouch_map_def *def);

/**
 * vouch_table_init() - allocate all that a hash map needs.
 * @map: the map, with its definition
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_table_init(struct vouch_map *map);

/**
 * vouch_table_free() - release what vouch_table_init() allocated.
 * @map: the map
 */
void vouch_table_free(struct vouch_map *map);

/**
 * vouch_table_find() - find an element, under RCU or the bucket's lock.
 * @map: the map
 * @hash: vouch_table_hash() of the key
 * @key: key_size bytes
 *
 * Return: the element or NULL.
 */
struct vouch_elem *vouch_table_find(const struct vouch_map *map, u32 hash,
				    const void *key);

/**
 * vouch_table_alloc() - get an element to be filled, under a bucket's lock.
 * @map: the map
 * @old: NULL, or an element that goes when the new one is in: a full map can
 *	still replace, this CPU's extra element goes in for it
 *
 * Return: the element, or NULL if the map is full.
 */
struct vouch_elem *vouch_table_alloc(struct vouch_map *map,
				     struct vouch_elem *old);

/**
 * vouch_table_release() - give an element back, under a bucket's lock.
 * @map: the map
 * @e: an element that is in no list any more
 */
void vouch_table_release(struct vouch_map *map, struct vouch_elem *e);

/** vouch_table_pop() - take a free element, or NULL; interrupts are off. */
struct vouch_elem *vouch_table_pop(struct vouch_hash *h);

/** vouch_table_push() - the reverse of vouch_table_pop(). */
void vouch_table_push(struct vouch_hash *h, struct vouch_elem *e);

/**
 * vouch_table_elems() - how many elements a hash map has in memory.
 * @def: its definition
 */
u64 vouch_table_elems(const struct vouch_map_def *def);

/** vouch_table_elem_len() - bytes of each of them. */
u64 vouch_table_elem_len(const struct vouch_map_def *def);

/**
 * vouch_table_next() - walk over all elements, under RCU.
 * @map: the map
 * @key: of the element before; NULL, or a key that is gone: the first
 *
 * Return: the element, or NULL at the end.
 */
struct vouch_elem *vouch_table_next(struct vouch_map *map, const void *key);

#endif /* VOUCH_TABLE_H */
