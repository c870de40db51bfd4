// SPDX-License-Identifier: GPL-2.0-only
/* Maps of maps, with the meaning of the kernel's kernel/bpf/map_in_map.c. */

#include <linux/bpf.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/array.h"
#include "maps/hash.h"
#include "maps/nested.h"
#include "maps/pointers.h"
#include "maps/table.h"

/* Who changes what is in any of them. */
static DEFINE_MUTEX(lock);

static struct vouch_map *map_of(void *block)
{
	return block ? ((struct vouch_map_block *)block)->map : NULL;
}

bool vouch_nested_fits(const struct vouch_map *map,
		       const struct vouch_map *inner)
{
	const struct vouch_map_shape shape = vouch_map_shape_of(&inner->def);

	return vouch_map_shape_fits(&map->def.inner, &shape);
}

/* Programs may have it until a grace period later. */
static void give_up(struct vouch_map *inner)
{
	if (!inner)
		return;
	synchronize_rcu();
	vouch_map_put(inner);
}

static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	struct vouch_map *inner = *(struct vouch_map **)value, *old = NULL;
	long err;

	if (!vouch_nested_fits(map, inner))
		return -EINVAL;
	refcount_inc(&inner->refs);
	mutex_lock(&lock);
	rcu_read_lock();
	if (map->ops->copy(map, key, &old))
		old = NULL;
	err = map->ops->update(map, key, &inner->block, flags);
	rcu_read_unlock();
	mutex_unlock(&lock);
	/* A program never had one that did not get in. */
	if (err)
		vouch_map_put(inner);
	else
		give_up(old);
	return err;
}

/* ---- arrays ------------------------------------------------------------- */

static int array_check(const struct vouch_map_def *def)
{
	return def->key_size == sizeof(u32) ? 0 : -EINVAL;
}

static void array_free(struct vouch_map *map)
{
	u32 i;

	for (i = 0; i < map->def.max_entries; i++)
		vouch_map_put(map_of(*vouch_pointers_at(map, i)));
	vfree(map->block);
}

static vouch_untraced void *array_lookup(struct vouch_map *map, void *key)
{
	u32 index = *(u32 *)key;

	if (unlikely(index >= map->def.max_entries))
		return NULL;
	return READ_ONCE(*vouch_pointers_at(map, index));
}

static long array_update(struct vouch_map *map, void *key, void *value,
			 u64 flags)
{
	u32 index = *(u32 *)key;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->def.max_entries)
		return -E2BIG;
	/* What it points to was written before. */
	smp_store_release(vouch_pointers_at(map, index), *(void **)value);
	return 0;
}

static long array_remove(struct vouch_map *map, void *key)
{
	u32 index = *(u32 *)key;
	void *old;

	if (index >= map->def.max_entries)
		return -E2BIG;
	/* Whoever puts another one in gives up what was there before. */
	mutex_lock(&lock);
	old = xchg(vouch_pointers_at(map, index), NULL);
	mutex_unlock(&lock);
	give_up(map_of(old));
	return old ? 0 : -ENOENT;
}

static int array_copy(struct vouch_map *map, void *key, void *value)
{
	void *block = array_lookup(map, key);

	*(struct vouch_map **)value = map_of(block);
	return block ? 0 : -ENOENT;
}

const struct vouch_map_ops vouch_array_of_maps_ops = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.name = "array_of_maps",
	.map_flags = BPF_F_RDONLY | BPF_F_WRONLY,
	.sleeps = true,
	.check = array_check,
	.memory = vouch_pointers_memory,
	.init = vouch_pointers_init,
	.free = array_free,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.for_each = vouch_absent_for_each,
	.copy = array_copy,
	.store = store,
	.next_key = vouch_array_next_key,
	.count = vouch_pointers_count,
};

/* ---- hash maps ---------------------------------------------------------- */

static void hash_free(struct vouch_map *map)
{
	struct vouch_elem *e;

	for (e = vouch_table_next(map, NULL); e;
	     e = vouch_table_next(map, vouch_elem_key(map, e)))
		vouch_map_put(map_of(*(void **)vouch_elem_value(map, e)));
	vouch_table_free(map);
}

static vouch_untraced void *hash_lookup(struct vouch_map *map, void *key)
{
	void **value = vouch_hash_lookup(map, key);

	return value ? READ_ONCE(*value) : NULL;
}

static int hash_copy(struct vouch_map *map, void *key, void *value)
{
	void *block = hash_lookup(map, key);

	*(struct vouch_map **)value = map_of(block);
	return block ? 0 : -ENOENT;
}

static long hash_remove(struct vouch_map *map, void *key)
{
	struct vouch_map *old;
	long err;

	mutex_lock(&lock);
	rcu_read_lock();
	err = hash_copy(map, key, &old);
	if (!err)
		err = vouch_hash_remove(map, key);
	rcu_read_unlock();
	mutex_unlock(&lock);
	if (!err)
		give_up(old);
	return err;
}

const struct vouch_map_ops vouch_hash_of_maps_ops = {
	.type = BPF_MAP_TYPE_HASH_OF_MAPS,
	.name = "hash_of_maps",
	.map_flags = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_NO_PREALLOC |
		     BPF_F_ZERO_SEED,
	.sleeps = true,
	.check = vouch_table_check,
	.memory = vouch_table_memory,
	.init = vouch_table_init,
	.free = hash_free,
	.lookup = hash_lookup,
	.update = vouch_hash_update,
	.remove = hash_remove,
	.for_each = vouch_absent_for_each,
	.copy = hash_copy,
	.store = store,
	.next_key = vouch_hash_next_key,
	.count = vouch_hash_count,
};
