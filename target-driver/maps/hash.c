// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hash maps, with the meaning of the kernel's kernel/bpf/hashtab.c.
 *
 * All elements are allocated beforehand, also with BPF_F_NO_PREALLOC.
 * Elements are reused at once; a reader that follows one into another bucket
 * notices by the list's end marker and starts again. Writers hold the
 * bucket's lock with interrupts off. A per-CPU guard turns a writer that
 * interrupts another one on the same map (NMI, probe) away with -EBUSY, so
 * that it cannot deadlock, and makes the free list's lock safe as well.
 */

#include <linux/bpf.h>
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rculist_nulls.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "maps/hash.h"

#define ACCESS_FLAGS \
	(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/*
 * The free list's link lies over the node's pprev: a reader that still
 * stands on the element needs its next.
 */
struct elem {
	union {
		struct hlist_nulls_node node;
		struct {
			void *in_use;
			struct elem *free_next;
		};
	};
	u32 hash;
};

struct bucket {
	struct hlist_nulls_head head;
	raw_spinlock_t lock;
};

struct vouch_hash {
	struct bucket *buckets;
	u32 n_buckets; /* a power of two */
	u32 seed;
	u32 elem_len; /* bytes from one element to the next */
	u8 *elems;
	raw_spinlock_t free_lock;
	struct elem *free;
	struct elem *__percpu *extra; /* for replacing in a full map */
	int __percpu *busy;
	atomic_t count;
};

static bool is_percpu(const struct vouch_map_def *def)
{
	return def->type == BPF_MAP_TYPE_PERCPU_HASH;
}

/* Elements besides max_entries, see alloc_elem(). */
static u32 n_extra(const struct vouch_map_def *def)
{
	return is_percpu(def) ? 0 : num_possible_cpus();
}

static u64 elem_len(const struct vouch_map_def *def)
{
	u64 value = is_percpu(def) ? sizeof(void *)
				   : round_up((u64)def->value_size, 8);

	return def->htab_key + round_up((u64)def->key_size, 8) + value;
}

static u64 n_buckets(const struct vouch_map_def *def)
{
	return roundup_pow_of_two((u64)def->max_entries);
}

static int check(const struct vouch_map_def *def)
{
	if (def->htab_key < sizeof(struct elem))
		return -EINVAL;
	if ((u64)def->key_size + def->value_size >=
	    KMALLOC_MAX_SIZE - def->htab_key)
		return -E2BIG;
	if (is_percpu(def) && round_up(def->value_size, 8) > PCPU_MIN_UNIT_SIZE)
		return -E2BIG;
	return 0;
}

static u64 memory(const struct vouch_map_def *def)
{
	u64 n = (u64)def->max_entries + n_extra(def), size;

	size = def->array_value + n_buckets(def) * sizeof(struct bucket) +
	       n * elem_len(def);
	if (is_percpu(def))
		size += n * round_up((u64)def->value_size, 8) *
			num_possible_cpus();
	return size;
}

static vouch_untraced void *key_of(const struct vouch_map *map, struct elem *e)
{
	return (u8 *)e + map->def.htab_key;
}

static vouch_untraced void *value_of(const struct vouch_map *map,
				     struct elem *e)
{
	return (u8 *)e + map->def.htab_key + round_up(map->def.key_size, 8);
}

static vouch_untraced void __percpu *pptr_of(const struct vouch_map *map,
					     struct elem *e)
{
	return *(void __percpu **)value_of(map, e);
}

static struct elem *elem_at(const struct vouch_hash *h, u32 i)
{
	return (struct elem *)(h->elems + (u64)i * h->elem_len);
}

static vouch_untraced struct bucket *bucket_of(const struct vouch_hash *h,
					       u32 hash)
{
	return &h->buckets[hash & (h->n_buckets - 1)];
}

static vouch_untraced u32 hash_of(const struct vouch_map *map, const void *key)
{
	return jhash(key, map->def.key_size, map->hash->seed);
}

static vouch_untraced void push_free(struct vouch_hash *h, struct elem *e)
{
	raw_spin_lock(&h->free_lock);
	e->free_next = h->free;
	h->free = e;
	raw_spin_unlock(&h->free_lock);
}

static vouch_untraced struct elem *pop_free(struct vouch_hash *h)
{
	struct elem *e;

	raw_spin_lock(&h->free_lock);
	e = h->free;
	if (e)
		h->free = e->free_next;
	raw_spin_unlock(&h->free_lock);
	return e;
}

static void hash_free(struct vouch_map *map)
{
	struct vouch_hash *h = map->hash;
	u32 i;

	if (h && h->elems && is_percpu(&map->def)) {
		for (i = 0; i < map->def.max_entries; i++) {
			free_percpu(pptr_of(map, elem_at(h, i)));
			cond_resched();
		}
	}
	if (h) {
		free_percpu(h->extra);
		free_percpu(h->busy);
		vfree(h->elems);
		vfree(h->buckets);
		vfree(h);
	}
	vfree(map->block);
}

static void init_buckets(struct vouch_hash *h)
{
	u32 i;

	for (i = 0; i < h->n_buckets; i++) {
		INIT_HLIST_NULLS_HEAD(&h->buckets[i].head, i);
		raw_spin_lock_init(&h->buckets[i].lock);
		cond_resched();
	}
}

static int init_elems(struct vouch_map *map)
{
	u32 n = map->def.max_entries + n_extra(&map->def), i;
	struct vouch_hash *h = map->hash;
	int cpu;

	for (i = n; i-- > 0;) {
		struct elem *e = elem_at(h, i);
		void __percpu *p;

		if (is_percpu(&map->def)) {
			p = __alloc_percpu_gfp(map->elem_size, 8,
					       GFP_KERNEL | __GFP_NOWARN);
			if (!p)
				return -ENOMEM;
			*(void __percpu **)value_of(map, e) = p;
		}
		push_free(h, e);
		cond_resched();
	}
	if (!is_percpu(&map->def))
		for_each_possible_cpu (cpu)
			*per_cpu_ptr(h->extra, cpu) = pop_free(h);
	return 0;
}

static int hash_init(struct vouch_map *map)
{
	struct vouch_hash *h = vzalloc(sizeof(*h));
	u64 n = (u64)map->def.max_entries + n_extra(&map->def);

	if (!h)
		return -ENOMEM;
	map->hash = h;
	raw_spin_lock_init(&h->free_lock);
	h->n_buckets = n_buckets(&map->def);
	h->elem_len = elem_len(&map->def);
	h->seed = map->def.map_flags & BPF_F_ZERO_SEED ? 0 : get_random_u32();
	map->block = vzalloc(map->def.array_value);
	h->buckets = vzalloc((u64)h->n_buckets * sizeof(*h->buckets));
	h->elems = vzalloc(n * h->elem_len);
	h->extra = alloc_percpu(struct elem *);
	h->busy = alloc_percpu(int);
	if (!map->block || !h->buckets || !h->elems || !h->extra || !h->busy)
		goto free;
	init_buckets(h);
	if (init_elems(map))
		goto free;
	return 0;

free:
	hash_free(map);
	return -ENOMEM;
}

static vouch_untraced int lock_bucket(struct vouch_hash *h, struct bucket *b,
				      unsigned long *flags)
{
	preempt_disable();
	local_irq_save(*flags);
	if (unlikely(__this_cpu_inc_return(*h->busy) != 1)) {
		__this_cpu_dec(*h->busy);
		local_irq_restore(*flags);
		preempt_enable();
		return -EBUSY;
	}
	raw_spin_lock(&b->lock);
	return 0;
}

static vouch_untraced void unlock_bucket(struct vouch_hash *h, struct bucket *b,
					 unsigned long flags)
{
	raw_spin_unlock(&b->lock);
	__this_cpu_dec(*h->busy);
	local_irq_restore(flags);
	preempt_enable();
}

static vouch_untraced struct elem *
find(const struct vouch_map *map, struct bucket *b, u32 hash, const void *key)
{
	struct hlist_nulls_node *n;
	struct elem *e;

again:
	hlist_nulls_for_each_entry_rcu (e, n, &b->head, node)
		if (e->hash == hash &&
		    !memcmp(key_of(map, e), key, map->def.key_size))
			return e;
	if (unlikely(get_nulls_value(n) != (hash & (map->hash->n_buckets - 1))))
		goto again;
	return NULL;
}

vouch_untraced void *vouch_hash_lookup_raw(struct vouch_map *map, void *key)
{
	u32 hash = hash_of(map, key);

	return find(map, bucket_of(map->hash, hash), hash, key);
}

vouch_untraced void *vouch_hash_lookup(struct vouch_map *map, void *key)
{
	struct elem *e = vouch_hash_lookup_raw(map, key);

	return e ? value_of(map, e) : NULL;
}

vouch_untraced void *vouch_percpu_hash_lookup(struct vouch_map *map, void *key)
{
	struct elem *e = vouch_hash_lookup_raw(map, key);

	return e ? this_cpu_ptr(pptr_of(map, e)) : NULL;
}

static vouch_untraced int check_flags(const struct elem *old, u64 flags)
{
	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags == BPF_EXIST)
		return -ENOENT;
	return 0;
}

/* A full map can still replace: this CPU's extra element goes in for @old. */
static vouch_untraced struct elem *alloc_elem(struct vouch_hash *h,
					      struct elem *old)
{
	struct elem *e;

	if (old) {
		e = __this_cpu_read(*h->extra);
		__this_cpu_write(*h->extra, old);
		return e;
	}
	e = pop_free(h);
	if (e)
		atomic_inc(&h->count);
	return e;
}

static vouch_untraced long replace(struct vouch_map *map, struct bucket *b,
				   u32 hash, struct elem *old, void *key,
				   void *value)
{
	struct elem *e = alloc_elem(map->hash, old);

	if (!e)
		return -E2BIG;
	memcpy(key_of(map, e), key, map->def.key_size);
	memcpy(value_of(map, e), value, map->def.value_size);
	e->hash = hash;
	/* In front, so that a reader finds it before the old one. */
	hlist_nulls_add_head_rcu(&e->node, &b->head);
	if (old)
		hlist_nulls_del_rcu(&old->node);
	return 0;
}

vouch_untraced long vouch_hash_update(struct vouch_map *map, void *key,
				      void *value, u64 flags)
{
	unsigned long irq;
	struct bucket *b;
	struct elem *old;
	long err;
	u32 hash;

	if (unlikely(flags > BPF_EXIST))
		return -EINVAL;
	hash = hash_of(map, key);
	b = bucket_of(map->hash, hash);
	err = lock_bucket(map->hash, b, &irq);
	if (err)
		return err;
	old = find(map, b, hash, key);
	err = check_flags(old, flags);
	if (!err)
		err = replace(map, b, hash, old, key, value);
	unlock_bucket(map->hash, b, irq);
	return err;
}

/* Programs give this CPU's value; the others' start from zero. */
static vouch_untraced void put_this_cpu(struct vouch_map *map, struct elem *e,
					void *value, bool fresh)
{
	void __percpu *p = pptr_of(map, e);
	int cpu;

	if (fresh)
		for_each_possible_cpu (cpu)
			memset(per_cpu_ptr(p, cpu), 0, map->elem_size);
	memcpy(this_cpu_ptr(p), value, map->def.value_size);
}

static vouch_untraced void put_all_cpus(struct vouch_map *map, struct elem *e,
					void *value)
{
	void __percpu *p = pptr_of(map, e);
	int cpu;

	for_each_possible_cpu (cpu) {
		memcpy(per_cpu_ptr(p, cpu), value, map->elem_size);
		value += map->elem_size;
	}
}

static vouch_untraced long put_percpu(struct vouch_map *map, struct bucket *b,
				      u32 hash, struct elem *old, void *key,
				      void *value, bool all)
{
	struct elem *e = old;

	if (!e) {
		e = alloc_elem(map->hash, NULL);
		if (!e)
			return -E2BIG;
		memcpy(key_of(map, e), key, map->def.key_size);
		e->hash = hash;
	}
	if (all)
		put_all_cpus(map, e, value);
	else
		put_this_cpu(map, e, value, !old);
	if (!old)
		hlist_nulls_add_head_rcu(&e->node, &b->head);
	return 0;
}

static vouch_untraced long update_percpu(struct vouch_map *map, void *key,
					 void *value, u64 flags, bool all)
{
	unsigned long irq;
	struct bucket *b;
	struct elem *old;
	long err;
	u32 hash;

	if (unlikely(flags > BPF_EXIST))
		return -EINVAL;
	hash = hash_of(map, key);
	b = bucket_of(map->hash, hash);
	err = lock_bucket(map->hash, b, &irq);
	if (err)
		return err;
	old = find(map, b, hash, key);
	err = check_flags(old, flags);
	if (!err)
		err = put_percpu(map, b, hash, old, key, value, all);
	unlock_bucket(map->hash, b, irq);
	return err;
}

vouch_untraced long vouch_percpu_hash_update(struct vouch_map *map, void *key,
					     void *value, u64 flags)
{
	return update_percpu(map, key, value, flags, false);
}

vouch_untraced long vouch_hash_remove(struct vouch_map *map, void *key)
{
	struct vouch_hash *h = map->hash;
	u32 hash = hash_of(map, key);
	struct bucket *b = bucket_of(h, hash);
	unsigned long irq;
	struct elem *e;
	long err;

	err = lock_bucket(h, b, &irq);
	if (err)
		return err;
	e = find(map, b, hash, key);
	if (e) {
		hlist_nulls_del_rcu(&e->node);
		atomic_dec(&h->count);
		push_free(h, e);
	} else {
		err = -ENOENT;
	}
	unlock_bucket(h, b, irq);
	return err;
}

static int hash_copy(struct vouch_map *map, void *key, void *value)
{
	void *from = vouch_hash_lookup(map, key);

	if (!from)
		return -ENOENT;
	memcpy(value, from, map->def.value_size);
	return 0;
}

static int hash_store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return vouch_hash_update(map, key, value, flags);
}

static int percpu_copy(struct vouch_map *map, void *key, void *value)
{
	struct elem *e = vouch_hash_lookup_raw(map, key);
	int cpu;

	if (!e)
		return -ENOENT;
	for_each_possible_cpu (cpu) {
		memcpy(value, per_cpu_ptr(pptr_of(map, e), cpu),
		       map->elem_size);
		value += map->elem_size;
	}
	return 0;
}

static int percpu_store(struct vouch_map *map, void *key, void *value,
			u64 flags)
{
	return update_percpu(map, key, value, flags, true);
}

static struct elem *first_of(const struct bucket *b)
{
	struct hlist_nulls_node *n =
		rcu_dereference_raw(hlist_nulls_first_rcu(&b->head));

	return is_a_nulls(n) ? NULL : hlist_nulls_entry(n, struct elem, node);
}

static struct elem *next_of(struct elem *e)
{
	struct hlist_nulls_node *n =
		rcu_dereference_raw(hlist_nulls_next_rcu(&e->node));

	return is_a_nulls(n) ? NULL : hlist_nulls_entry(n, struct elem, node);
}

static int next_key(struct vouch_map *map, void *key, void *next)
{
	struct vouch_hash *h = map->hash;
	struct elem *e = NULL;
	u32 i = 0;

	if (key)
		e = vouch_hash_lookup_raw(map, key);
	if (e) {
		i = (hash_of(map, key) & (h->n_buckets - 1)) + 1;
		e = next_of(e);
	}
	for (; !e && i < h->n_buckets; i++)
		e = first_of(&h->buckets[i]);
	if (!e)
		return -ENOENT;
	memcpy(next, key_of(map, e), map->def.key_size);
	return 0;
}

static u32 count(struct vouch_map *map)
{
	return atomic_read(&map->hash->count);
}

const struct vouch_map_ops vouch_hash_ops = {
	.type = BPF_MAP_TYPE_HASH,
	.name = "hash",
	.map_flags = ACCESS_FLAGS | BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED,
	.check = check,
	.memory = memory,
	.init = hash_init,
	.free = hash_free,
	.lookup = vouch_hash_lookup,
	.update = vouch_hash_update,
	.remove = vouch_hash_remove,
	.copy = hash_copy,
	.store = hash_store,
	.next_key = next_key,
	.count = count,
};

const struct vouch_map_ops vouch_percpu_hash_ops = {
	.type = BPF_MAP_TYPE_PERCPU_HASH,
	.name = "percpu_hash",
	.map_flags = ACCESS_FLAGS | BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED,
	.check = check,
	.memory = memory,
	.init = hash_init,
	.free = hash_free,
	.lookup = vouch_percpu_hash_lookup,
	.update = vouch_percpu_hash_update,
	.remove = vouch_hash_remove,
	.copy = percpu_copy,
	.store = percpu_store,
	.next_key = next_key,
	.count = count,
};
