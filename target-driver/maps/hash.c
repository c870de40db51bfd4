// SPDX-License-Identifier: GPL-2.0-only
/* Hash maps, with the meaning of the kernel's kernel/bpf/hashtab.c. */

#include <linux/bpf.h>

#include "maps/busy.h"
#include "maps/hash.h"
#include "maps/lock.h"
#include "maps/table.h"

#define ACCESS_FLAGS \
	(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

vouch_untraced void *vouch_hash_lookup_raw(struct vouch_map *map, void *key)
{
	u32 hash = vouch_table_hash(map, key);

	return vouch_table_find(map, hash, key);
}

vouch_untraced void *vouch_hash_lookup(struct vouch_map *map, void *key)
{
	struct vouch_elem *e = vouch_hash_lookup_raw(map, key);

	return e ? vouch_elem_value(map, e) : NULL;
}

vouch_untraced void *vouch_percpu_hash_lookup(struct vouch_map *map, void *key)
{
	struct vouch_elem *e = vouch_hash_lookup_raw(map, key);

	return e ? this_cpu_ptr(vouch_elem_pptr(map, e)) : NULL;
}

vouch_untraced void *vouch_percpu_hash_lookup_cpu(struct vouch_map *map,
						  void *key, u32 cpu)
{
	struct vouch_elem *e;

	if (unlikely(cpu >= nr_cpu_ids))
		return NULL;
	e = vouch_hash_lookup_raw(map, key);
	return e ? per_cpu_ptr(vouch_elem_pptr(map, e), cpu) : NULL;
}

vouch_untraced int vouch_hash_check(const struct vouch_elem *old, u64 flags)
{
	flags &= ~BPF_F_LOCK;
	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags == BPF_EXIST)
		return -ENOENT;
	return 0;
}

static vouch_untraced long replace(struct vouch_map *map,
				   struct vouch_bucket *b, u32 hash,
				   struct vouch_elem *old, void *key,
				   void *value)
{
	struct vouch_elem *e = vouch_table_alloc(map, old);

	if (!e)
		return -E2BIG;
	memcpy(vouch_elem_key(map, e), key, map->def.key_size);
	/* Who stands on an element that is used again may follow a pointer. */
	if (vouch_map_holds_maps(map->def.type))
		WRITE_ONCE(*(void **)vouch_elem_value(map, e), *(void **)value);
	else
		vouch_lock_copy(map, vouch_elem_value(map, e), value);
	e->hash = hash;
	/* In front, so that a reader finds it before the old one. */
	hlist_nulls_add_head_rcu(&e->node, &b->head);
	if (old)
		hlist_nulls_del_rcu(&old->node);
	return 0;
}

vouch_untraced void vouch_hash_put_this(struct vouch_map *map,
					struct vouch_elem *e, void *value,
					bool fresh)
{
	void __percpu *p = vouch_elem_pptr(map, e);
	int cpu;

	if (fresh)
		for_each_possible_cpu(cpu)
			memset(per_cpu_ptr(p, cpu), 0, map->elem_size);
	memcpy(this_cpu_ptr(p), value, map->def.value_size);
}

vouch_untraced void vouch_hash_put_all(struct vouch_map *map,
				       struct vouch_elem *e, void *value)
{
	void __percpu *p = vouch_elem_pptr(map, e);
	int cpu;

	for_each_possible_cpu(cpu) {
		memcpy(per_cpu_ptr(p, cpu), value, map->elem_size);
		value += map->elem_size;
	}
}

static vouch_untraced long put_percpu(struct vouch_map *map,
				      struct vouch_bucket *b, u32 hash,
				      struct vouch_elem *old, void *key,
				      void *value, bool all)
{
	struct vouch_elem *e = old;

	if (!e) {
		e = vouch_table_alloc(map, NULL);
		if (!e)
			return -E2BIG;
		memcpy(vouch_elem_key(map, e), key, map->def.key_size);
		e->hash = hash;
	}
	if (all)
		vouch_hash_put_all(map, e, value);
	else
		vouch_hash_put_this(map, e, value, !old);
	if (!old)
		hlist_nulls_add_head_rcu(&e->node, &b->head);
	return 0;
}

/* In place, as who holds the lock expects it. */
static vouch_untraced long put_locked(struct vouch_map *map,
				      struct vouch_elem *old, void *value,
				      u64 flags)
{
	void *to = vouch_elem_value(map, old);
	long err = vouch_hash_check(old, flags);

	return err ? err
		   : vouch_lock_copy_held(map, to, value,
					  vouch_lock_of(map, to));
}

/* The same, of one that came while the bucket was waited for. */
static vouch_untraced void put_held(struct vouch_map *map,
				    struct vouch_elem *old, void *value)
{
	void *to = vouch_elem_value(map, old);

	vouch_lock_copy_inside(map, to, value, vouch_lock_of(map, to));
}

static __always_inline long update(struct vouch_map *map, void *key,
				   void *value, u64 flags,
				   enum vouch_hash_values values)
{
	unsigned long irq;
	struct vouch_bucket *b;
	struct vouch_elem *old;
	long err;
	u32 hash;

	if (unlikely((flags & ~BPF_F_LOCK) > BPF_EXIST))
		return -EINVAL;
	if (unlikely(flags & BPF_F_LOCK && !vouch_lock_has(map)))
		return -EINVAL;
	hash = vouch_table_hash(map, key);
	if (unlikely(flags & BPF_F_LOCK)) {
		old = vouch_table_find(map, hash, key);
		if (old)
			return put_locked(map, old, value, flags);
	}
	b = vouch_table_bucket(map, hash);
	err = vouch_busy_lock(&b->lock, &irq);
	if (err)
		return err;
	old = vouch_table_find(map, hash, key);
	err = vouch_hash_check(old, flags);
	if (!err && unlikely(old && flags & BPF_F_LOCK))
		put_held(map, old, value);
	else if (!err && values == VOUCH_HASH_ONE)
		err = replace(map, b, hash, old, key, value);
	else if (!err)
		err = put_percpu(map, b, hash, old, key, value,
				 values == VOUCH_HASH_ALL_CPUS);
	vouch_busy_unlock(&b->lock, irq);
	return err;
}

vouch_untraced long vouch_hash_update(struct vouch_map *map, void *key,
				      void *value, u64 flags)
{
	return update(map, key, value, flags, VOUCH_HASH_ONE);
}

vouch_untraced long vouch_percpu_hash_update(struct vouch_map *map, void *key,
					     void *value, u64 flags)
{
	return update(map, key, value, flags, VOUCH_HASH_THIS_CPU);
}

vouch_untraced long vouch_hash_remove(struct vouch_map *map, void *key)
{
	u32 hash = vouch_table_hash(map, key);
	struct vouch_bucket *b = vouch_table_bucket(map, hash);
	unsigned long irq;
	struct vouch_elem *e;
	long err;

	err = vouch_busy_lock(&b->lock, &irq);
	if (err)
		return err;
	e = vouch_table_find(map, hash, key);
	if (e) {
		hlist_nulls_del_rcu(&e->node);
		vouch_table_release(map, e);
	} else {
		err = -ENOENT;
	}
	vouch_busy_unlock(&b->lock, irq);
	return err;
}

/* The element may go, and be used again, while it is called for. */
static vouch_untraced long visit_bucket(struct vouch_map *map,
					struct vouch_bucket *b,
					vouch_callback_fn call, u64 ctx, u32 *n)
{
	bool percpu = vouch_map_is_percpu(&map->def);
	struct hlist_nulls_node *next;
	struct vouch_elem *e;

	hlist_nulls_for_each_entry_safe(e, next, &b->head, node) {
		void *value = percpu ? this_cpu_ptr(vouch_elem_pptr(map, e))
				     : vouch_elem_value(map, e);

		++*n;
		if (call((unsigned long)map->block,
			 (unsigned long)vouch_elem_key(map, e),
			 (unsigned long)value, ctx, 0))
			return 1;
	}
	return 0;
}

vouch_untraced long vouch_hash_visit(struct vouch_map *map,
				     vouch_callback_fn call, u64 ctx)
{
	u32 i, n = 0;

	for (i = 0; i < map->hash->n_buckets; i++)
		if (visit_bucket(map, &map->hash->buckets[i], call, ctx, &n))
			break;
	return n;
}

int vouch_hash_copy(struct vouch_map *map, void *key, void *value)
{
	void *from = vouch_hash_lookup(map, key);

	if (!from)
		return -ENOENT;
	vouch_lock_copy(map, value, from);
	return 0;
}

static int hash_store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return vouch_hash_update(map, key, value, flags);
}

int vouch_percpu_hash_copy(struct vouch_map *map, void *key, void *value)
{
	struct vouch_elem *e = vouch_hash_lookup_raw(map, key);
	int cpu;

	if (!e)
		return -ENOENT;
	for_each_possible_cpu(cpu) {
		memcpy(value, per_cpu_ptr(vouch_elem_pptr(map, e), cpu),
		       map->elem_size);
		value += map->elem_size;
	}
	return 0;
}

static int percpu_store(struct vouch_map *map, void *key, void *value,
			u64 flags)
{
	return update(map, key, value, flags, VOUCH_HASH_ALL_CPUS);
}

int vouch_hash_next_key(struct vouch_map *map, void *key, void *next)
{
	struct vouch_elem *e = vouch_table_next(map, key);

	if (!e)
		return -ENOENT;
	memcpy(next, vouch_elem_key(map, e), map->def.key_size);
	return 0;
}

u32 vouch_hash_count(struct vouch_map *map)
{
	return atomic_read(&map->hash->count);
}

const struct vouch_map_ops vouch_hash_ops = {
	.type = BPF_MAP_TYPE_HASH,
	.name = "hash",
	.map_flags = ACCESS_FLAGS | BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED,
	.check = vouch_table_check,
	.memory = vouch_table_memory,
	.init = vouch_table_init,
	.free = vouch_table_free,
	.lookup = vouch_hash_lookup,
	.update = vouch_hash_update,
	.remove = vouch_hash_remove,
	.for_each = vouch_hash_visit,
	.copy = vouch_hash_copy,
	.store = hash_store,
	.next_key = vouch_hash_next_key,
	.count = vouch_hash_count,
};

const struct vouch_map_ops vouch_percpu_hash_ops = {
	.type = BPF_MAP_TYPE_PERCPU_HASH,
	.name = "percpu_hash",
	.map_flags = ACCESS_FLAGS | BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED,
	.check = vouch_table_check,
	.memory = vouch_table_memory,
	.init = vouch_table_init,
	.free = vouch_table_free,
	.lookup = vouch_percpu_hash_lookup,
	.lookup_cpu = vouch_percpu_hash_lookup_cpu,
	.update = vouch_percpu_hash_update,
	.remove = vouch_hash_remove,
	.for_each = vouch_hash_visit,
	.copy = vouch_percpu_hash_copy,
	.store = percpu_store,
	.next_key = vouch_hash_next_key,
	.count = vouch_hash_count,
};
