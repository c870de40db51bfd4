// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "maps/busy.h"
#include "maps/table.h"

/*
 * Elements besides max_entries: see vouch_table_alloc(). Where a full map makes
 * room, each CPU may hold one that is in no list, and one is the order's end.
 */
u64 vouch_table_elems(const struct vouch_map_def *def)
{
	u64 n = def->max_entries;

	if (vouch_map_is_lru(def))
		return n + num_possible_cpus() + 1;
	return vouch_map_is_percpu(def) ? n : n + num_possible_cpus();
}

u64 vouch_table_elem_len(const struct vouch_map_def *def)
{
	u64 value = vouch_map_is_percpu(def)
			    ? sizeof(void *)
			    : round_up((u64)def->value_size, 8);

	return def->htab_key + round_up((u64)def->key_size, 8) + value;
}

static u64 n_buckets(const struct vouch_map_def *def)
{
	return roundup_pow_of_two((u64)def->max_entries);
}

int vouch_table_check(const struct vouch_map_def *def)
{
	if (def->htab_key < sizeof(struct vouch_elem))
		return -EINVAL;
	if ((u64)def->key_size + def->value_size >=
	    KMALLOC_MAX_SIZE - def->htab_key)
		return -E2BIG;
	if (vouch_map_is_percpu(def) &&
	    round_up(def->value_size, 8) > PCPU_MIN_UNIT_SIZE)
		return -E2BIG;
	return 0;
}

u64 vouch_table_memory(const struct vouch_map_def *def)
{
	u64 n = vouch_table_elems(def), size;

	size = def->array_value + n_buckets(def) * sizeof(struct vouch_bucket) +
	       n * vouch_table_elem_len(def);
	if (vouch_map_is_percpu(def))
		size += n * round_up((u64)def->value_size, 8) *
			num_possible_cpus();
	return size;
}

static struct vouch_elem *elem_at(const struct vouch_hash *h, u64 i)
{
	return (struct vouch_elem *)(h->elems + i * h->elem_len);
}

static __always_inline void link_free(struct vouch_hash *h,
				      struct vouch_elem *e)
{
	e->free_next = h->free;
	h->free = e;
}

static __always_inline struct vouch_elem *unlink_free(struct vouch_hash *h)
{
	struct vouch_elem *e = h->free;

	if (e)
		h->free = e->free_next;
	return e;
}

vouch_untraced void vouch_table_push(struct vouch_hash *h, struct vouch_elem *e)
{
	lockdep_assert_irqs_disabled();
	vouch_busy_take(&h->free_lock);
	link_free(h, e);
	vouch_busy_drop(&h->free_lock);
}

vouch_untraced struct vouch_elem *vouch_table_pop(struct vouch_hash *h)
{
	struct vouch_elem *e;

	lockdep_assert_irqs_disabled();
	vouch_busy_take(&h->free_lock);
	e = unlink_free(h);
	vouch_busy_drop(&h->free_lock);
	return e;
}

void vouch_table_free(struct vouch_map *map)
{
	struct vouch_hash *h = map->hash;
	u64 i;

	if (h && h->elems && vouch_map_is_percpu(&map->def)) {
		for (i = 0; i < vouch_table_elems(&map->def); i++) {
			free_percpu(vouch_elem_pptr(map, elem_at(h, i)));
			cond_resched();
		}
	}
	if (h) {
		free_percpu(h->extra);
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

/* Nobody knows the map as yet: no lock is needed, and interrupts are on. */
static int init_elems(struct vouch_map *map)
{
	bool percpu = vouch_map_is_percpu(&map->def);
	struct vouch_hash *h = map->hash;
	u64 i;
	int cpu;

	for (i = vouch_table_elems(&map->def); i-- > 0;) {
		struct vouch_elem *e = elem_at(h, i);
		void __percpu *p;

		if (percpu) {
			p = __alloc_percpu_gfp(map->elem_size, 8,
					       GFP_KERNEL | __GFP_NOWARN);
			if (!p)
				return -ENOMEM;
			*(void __percpu **)vouch_elem_value(map, e) = p;
		}
		link_free(h, e);
		cond_resched();
	}
	if (vouch_map_is_lru(&map->def)) {
		unlink_free(h); /* the first, all zero: the end of the order */
	} else if (!percpu) {
		for_each_possible_cpu(cpu)
			per_cpu_ptr(h->extra, cpu)[0] = unlink_free(h);
	}
	return 0;
}

int vouch_table_init(struct vouch_map *map)
{
	struct vouch_hash *h = vzalloc(sizeof(*h));

	if (!h)
		return -ENOMEM;
	map->hash = h;
	raw_spin_lock_init(&h->free_lock);
	raw_spin_lock_init(&h->order_lock);
	h->n_buckets = n_buckets(&map->def);
	h->elem_len = vouch_table_elem_len(&map->def);
	h->seed = map->def.map_flags & BPF_F_ZERO_SEED ? 0 : get_random_u32();
	map->block = vzalloc(map->def.array_value);
	h->buckets = vzalloc((u64)h->n_buckets * sizeof(*h->buckets));
	h->elems = vzalloc(vouch_table_elems(&map->def) * h->elem_len);
	h->extra = alloc_percpu(struct vouch_elem *);
	if (!map->block || !h->buckets || !h->elems || !h->extra)
		goto free;
	init_buckets(h);
	if (init_elems(map))
		goto free;
	return 0;

free:
	vouch_table_free(map);
	return -ENOMEM;
}

vouch_untraced struct vouch_elem *vouch_table_find(const struct vouch_map *map,
						   u32 hash, const void *key)
{
	const struct vouch_bucket *b = vouch_table_bucket(map, hash);
	struct hlist_nulls_node *n;
	struct vouch_elem *e;

again:
	hlist_nulls_for_each_entry_rcu(e, n, &b->head, node)
		if (e->hash == hash &&
		    !memcmp(vouch_elem_key(map, e), key, map->def.key_size))
			return e;
	if (unlikely(get_nulls_value(n) != (hash & (map->hash->n_buckets - 1))))
		goto again;
	return NULL;
}

vouch_untraced struct vouch_elem *vouch_table_alloc(struct vouch_map *map,
						    struct vouch_elem *old)
{
	struct vouch_hash *h = map->hash;
	struct vouch_elem *e;

	if (old) {
		e = __this_cpu_read(*h->extra);
		__this_cpu_write(*h->extra, old);
		return e;
	}
	e = vouch_table_pop(h);
	if (e)
		atomic_inc(&h->count);
	return e;
}

vouch_untraced void vouch_table_release(struct vouch_map *map,
					struct vouch_elem *e)
{
	atomic_dec(&map->hash->count);
	vouch_table_push(map->hash, e);
}

static struct vouch_elem *first_of(const struct vouch_bucket *b)
{
	struct hlist_nulls_node *n =
		rcu_dereference_raw(hlist_nulls_first_rcu(&b->head));

	return is_a_nulls(n) ? NULL
			     : hlist_nulls_entry(n, struct vouch_elem, node);
}

static struct vouch_elem *next_of(struct vouch_elem *e)
{
	struct hlist_nulls_node *n =
		rcu_dereference_raw(hlist_nulls_next_rcu(&e->node));

	return is_a_nulls(n) ? NULL
			     : hlist_nulls_entry(n, struct vouch_elem, node);
}

struct vouch_elem *vouch_table_next(struct vouch_map *map, const void *key)
{
	struct vouch_hash *h = map->hash;
	struct vouch_elem *e = NULL;
	u32 hash, i = 0;

	if (key) {
		hash = vouch_table_hash(map, key);
		e = vouch_table_find(map, hash, key);
		i = e ? (hash & (h->n_buckets - 1)) + 1 : 0;
	}
	if (e)
		e = next_of(e);
	for (; !e && i < h->n_buckets; i++)
		e = first_of(&h->buckets[i]);
	return e;
}
