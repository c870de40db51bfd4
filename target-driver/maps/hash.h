/* SPDX-License-Identifier: GPL-2.0-only */
/* Hash maps' operations, see struct vouch_map_ops, and parts of them. */
#ifndef VOUCH_HASH_H
#define VOUCH_HASH_H

#include "maps/map.h"

struct vouch_elem;

/* Of a per-CPU map user space gives the values of all CPUs, a program its own.
 */
enum vouch_hash_values {
	VOUCH_HASH_ONE,
	VOUCH_HASH_THIS_CPU,
	VOUCH_HASH_ALL_CPUS,
};

/**
 * vouch_hash_lookup_raw() - find an element.
 * @map: a hash map, per-CPU or not
 * @key: key_size bytes
 *
 * Return: the element's address as inlined code expects it, with the key
 * htab_key bytes behind, or NULL.
 */
void *vouch_hash_lookup_raw(struct vouch_map *map, void *key);

void *vouch_hash_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_hash_lookup(struct vouch_map *map, void *key);
void *vouch_percpu_hash_lookup_cpu(struct vouch_map *map, void *key, u32 cpu);
long vouch_hash_update(struct vouch_map *map, void *key, void *value,
		       u64 flags);
long vouch_percpu_hash_update(struct vouch_map *map, void *key, void *value,
			      u64 flags);
long vouch_hash_remove(struct vouch_map *map, void *key);
long vouch_hash_visit(struct vouch_map *map, vouch_callback_fn call, u64 ctx);
int vouch_hash_copy(struct vouch_map *map, void *key, void *value);
int vouch_percpu_hash_copy(struct vouch_map *map, void *key, void *value);
int vouch_hash_next_key(struct vouch_map *map, void *key, void *next);
u32 vouch_hash_count(struct vouch_map *map);

/**
 * vouch_hash_check() - may an update go on?
 * @old: the element that has the key, or NULL
 * @flags: BPF_ANY, BPF_NOEXIST or BPF_EXIST
 *
 * Return: 0, -EEXIST or -ENOENT.
 */
int vouch_hash_check(const struct vouch_elem *old, u64 flags);

/**
 * vouch_hash_put_this() - write a program's value: this CPU's.
 * @map: a per-CPU hash map
 * @e: the element
 * @value: value_size bytes
 * @fresh: the other CPUs' values start from zero
 */
void vouch_hash_put_this(struct vouch_map *map, struct vouch_elem *e,
			 void *value, bool fresh);

/**
 * vouch_hash_put_all() - write user space's value: all CPUs'.
 * @map: a per-CPU hash map
 * @e: the element
 * @value: elem_size bytes for each possible CPU
 */
void vouch_hash_put_all(struct vouch_map *map, struct vouch_elem *e,
			void *value);

#endif /* VOUCH_HASH_H */
