// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hash maps that make room: where one is full, a new element takes the place of
 * one that has not been used of late.
 *
 * Elements that are taken from the free list stand in one order, the newest
 * first. A look-up marks the element, by itself or in code that the JIT made of
 * it. Who wants room goes up from the oldest: marked ones lose the mark and
 * count as new, the first without a mark goes. After so many, the oldest goes
 * whatever its mark. The kernel keeps two such orders and a reserve for each
 * CPU, and drops elements by the hundred; so which of those that are not in use
 * goes differs from there, and is promised by neither.
 *
 * The lock of the order comes before that of a bucket. Who takes an element out
 * of its bucket is the one to free it.
 */

#include <linux/bpf.h>

#include "maps/busy.h"
#include "maps/hash.h"
#include "maps/lru.h"
#include "maps/table.h"

#define MAX_SCANNED 256
#define MAX_TRIES 4 /* to put an element into a map that others fill */

#define ACCESS_FLAGS \
	(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/* Neighbours are told by their place: bytes behind the first, by 8. */
struct ordered {
	struct vouch_elem elem;
	u32 newer, older;
};

struct put {
	struct vouch_map *map;
	struct vouch_bucket *bucket;
	void *key, *value;
	u64 flags;
	u32 hash;
	enum vouch_hash_values values;
	bool counted; /* there is room for it */
};

static __always_inline struct ordered *at(const struct vouch_hash *h, u32 place)
{
	return (struct ordered *)(h->elems + 8ull * place);
}

static __always_inline u32 place_of(const struct vouch_hash *h,
				    const struct ordered *o)
{
	return ((const u8 *)o - h->elems) / 8;
}

/* The end of the order is an element that is never used, see maps/table.c. */
static __always_inline struct ordered *end_of(const struct vouch_hash *h)
{
	return at(h, 0);
}

static __always_inline u8 *mark_of(const struct vouch_map *map,
				   struct vouch_elem *e)
{
	return (u8 *)e + map->def.lru_ref;
}

static __always_inline void mark(const struct vouch_map *map,
				 struct vouch_elem *e)
{
	u8 *p = mark_of(map, e);

	if (!READ_ONCE(*p))
		WRITE_ONCE(*p, 1);
}

static __always_inline void take_out(struct vouch_hash *h, struct ordered *o)
{
	at(h, o->newer)->older = o->older;
	at(h, o->older)->newer = o->newer;
}

static __always_inline void put_first(struct vouch_hash *h, struct ordered *o)
{
	struct ordered *end = end_of(h);
	u32 place = place_of(h, o);

	o->newer = 0;
	o->older = end->older;
	at(h, end->older)->newer = place;
	end->older = place;
}

/* Out of its bucket, unless it is in none: then it is another CPU's. */
static vouch_untraced bool unlink_elem(struct vouch_map *map,
				       struct vouch_elem *e)
{
	struct vouch_bucket *b;
	bool mine;

	/* Pairs with link_elem(): the hash is that of the bucket. */
	if (!smp_load_acquire(&e->linked))
		return false;
	b = vouch_table_bucket(map, READ_ONCE(e->hash));
	vouch_busy_take(&b->lock);
	mine = e->linked && vouch_table_bucket(map, READ_ONCE(e->hash)) == b;
	if (mine) {
		hlist_nulls_del_rcu(&e->node);
		WRITE_ONCE(e->linked, 0);
	}
	vouch_busy_drop(&b->lock);
	return mine;
}

/* From the oldest on; with @force whether marked or not. */
static vouch_untraced bool drop_one(struct vouch_map *map, bool force)
{
	struct vouch_hash *h = map->hash;
	struct ordered *end = end_of(h), *o;
	u32 i;

	for (i = 0; i < MAX_SCANNED; i++) {
		o = at(h, end->newer);
		if (o == end)
			return false;
		take_out(h, o);
		if ((force || !READ_ONCE(*mark_of(map, &o->elem))) &&
		    unlink_elem(map, &o->elem)) {
			vouch_table_push(h, &o->elem);
			return true;
		}
		WRITE_ONCE(*mark_of(map, &o->elem), 0);
		put_first(h, o);
	}
	return false;
}

static vouch_untraced bool make_room(struct vouch_map *map)
{
	struct vouch_hash *h = map->hash;
	bool done;

	vouch_busy_take(&h->order_lock);
	done = drop_one(map, false) || drop_one(map, true);
	vouch_busy_drop(&h->order_lock);
	return done;
}

/* There is one: max_entries are in buckets at most, and each CPU has one. */
static vouch_untraced struct vouch_elem *take_elem(struct vouch_map *map)
{
	struct vouch_hash *h = map->hash;
	struct vouch_elem *e = vouch_table_pop(h);

	if (!e)
		return NULL;
	WRITE_ONCE(*mark_of(map, e), 0);
	vouch_busy_take(&h->order_lock);
	put_first(h, container_of(e, struct ordered, elem));
	vouch_busy_drop(&h->order_lock);
	return e;
}

static vouch_untraced void free_elem(struct vouch_map *map,
				     struct vouch_elem *e)
{
	struct vouch_hash *h = map->hash;

	vouch_busy_take(&h->order_lock);
	take_out(h, container_of(e, struct ordered, elem));
	vouch_busy_drop(&h->order_lock);
	vouch_table_push(h, e);
}

static __always_inline void put_value(const struct put *p, struct vouch_elem *e,
				      bool fresh)
{
	if (p->values == VOUCH_HASH_ALL_CPUS)
		vouch_hash_put_all(p->map, e, p->value);
	else if (p->values == VOUCH_HASH_THIS_CPU)
		vouch_hash_put_this(p->map, e, p->value, fresh);
	else
		memcpy(vouch_elem_value(p->map, e), p->value,
		       p->map->def.value_size);
}

static __always_inline void link_elem(const struct put *p, struct vouch_elem *e)
{
	memcpy(vouch_elem_key(p->map, e), p->key, p->map->def.key_size);
	put_value(p, e, true);
	WRITE_ONCE(e->hash, p->hash);
	hlist_nulls_add_head_rcu(&e->node, &p->bucket->head);
	/* Pairs with unlink_elem(), which reads the hash without the lock. */
	smp_store_release(&e->linked, 1);
}

static __always_inline bool count_in(struct put *p)
{
	if (!p->counted)
		p->counted = atomic_add_unless(&p->map->hash->count, 1,
					       p->map->def.max_entries);
	return p->counted;
}

/*
 * Under the bucket's lock. *@e becomes the element that is left over, if any.
 * Return: 0, -EAGAIN if there must be room first, or -errno.
 */
static vouch_untraced long try_put(struct put *p, struct vouch_elem **e)
{
	struct vouch_elem *old = vouch_table_find(p->map, p->hash, p->key);
	long err = vouch_hash_check(old, p->flags);

	if (err)
		return err;
	if (old && p->values != VOUCH_HASH_ONE) {
		put_value(p, old, false);
		mark(p->map, old);
		return 0;
	}
	if (!old && !count_in(p))
		return -EAGAIN;
	/* In front, so that a reader finds it before the old one. */
	link_elem(p, *e);
	if (old) {
		mark(p->map, *e);
		hlist_nulls_del_rcu(&old->node);
		WRITE_ONCE(old->linked, 0);
	} else {
		p->counted = false; /* it is the element's now */
	}
	*e = old;
	return 0;
}

static vouch_untraced long put_elem(struct put *p)
{
	struct vouch_elem *e = take_elem(p->map);
	long err = e ? -EAGAIN : -ENOMEM;
	u32 i;

	for (i = 0; err == -EAGAIN && i < MAX_TRIES; i++) {
		vouch_busy_take(&p->bucket->lock);
		err = try_put(p, &e);
		vouch_busy_drop(&p->bucket->lock);
		/* What goes leaves its place to the new one. */
		if (err == -EAGAIN)
			p->counted = make_room(p->map);
	}
	if (e)
		free_elem(p->map, e);
	if (p->counted)
		atomic_dec(&p->map->hash->count);
	return err == -EAGAIN ? -ENOMEM : err;
}

static vouch_untraced long update(struct vouch_map *map, void *key, void *value,
				  u64 flags, enum vouch_hash_values values)
{
	struct put p = { .map = map,
			 .key = key,
			 .value = value,
			 .flags = flags,
			 .values = values };
	unsigned long irq;
	long err;

	if (unlikely(flags > BPF_EXIST))
		return -EINVAL;
	p.hash = vouch_table_hash(map, key);
	p.bucket = vouch_table_bucket(map, p.hash);
	err = vouch_busy_enter(&irq);
	if (err)
		return err;
	err = put_elem(&p);
	vouch_busy_leave(irq);
	return err;
}

vouch_untraced long vouch_lru_update(struct vouch_map *map, void *key,
				     void *value, u64 flags)
{
	return update(map, key, value, flags, VOUCH_HASH_ONE);
}

vouch_untraced long vouch_percpu_lru_update(struct vouch_map *map, void *key,
					    void *value, u64 flags)
{
	return update(map, key, value, flags, VOUCH_HASH_THIS_CPU);
}

static int percpu_lru_store(struct vouch_map *map, void *key, void *value,
			    u64 flags)
{
	return update(map, key, value, flags, VOUCH_HASH_ALL_CPUS);
}

static int lru_store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return update(map, key, value, flags, VOUCH_HASH_ONE);
}

vouch_untraced long vouch_lru_remove(struct vouch_map *map, void *key)
{
	u32 hash = vouch_table_hash(map, key);
	struct vouch_bucket *b = vouch_table_bucket(map, hash);
	struct vouch_hash *h = map->hash;
	struct vouch_elem *e;
	unsigned long irq;
	long err;

	err = vouch_busy_enter(&irq);
	if (err)
		return err;
	vouch_busy_take(&b->lock);
	e = vouch_table_find(map, hash, key);
	if (e) {
		hlist_nulls_del_rcu(&e->node);
		WRITE_ONCE(e->linked, 0);
	}
	vouch_busy_drop(&b->lock);
	if (e) {
		free_elem(map, e);
		atomic_dec(&h->count);
	}
	vouch_busy_leave(irq);
	return e ? 0 : -ENOENT;
}

static __always_inline struct vouch_elem *find_and_mark(struct vouch_map *map,
							void *key)
{
	struct vouch_elem *e = vouch_hash_lookup_raw(map, key);

	if (e)
		mark(map, e);
	return e;
}

vouch_untraced void *vouch_lru_lookup(struct vouch_map *map, void *key)
{
	struct vouch_elem *e = find_and_mark(map, key);

	return e ? vouch_elem_value(map, e) : NULL;
}

vouch_untraced void *vouch_percpu_lru_lookup(struct vouch_map *map, void *key)
{
	struct vouch_elem *e = find_and_mark(map, key);

	return e ? this_cpu_ptr(vouch_elem_pptr(map, e)) : NULL;
}

vouch_untraced void *vouch_percpu_lru_lookup_cpu(struct vouch_map *map,
						 void *key, u32 cpu)
{
	struct vouch_elem *e;

	if (unlikely(cpu >= nr_cpu_ids))
		return NULL;
	e = find_and_mark(map, key);
	return e ? per_cpu_ptr(vouch_elem_pptr(map, e), cpu) : NULL;
}

static int lru_check(const struct vouch_map_def *def)
{
	int err = vouch_table_check(def);

	if (err)
		return err;
	if (def->lru_ref < sizeof(struct ordered) ||
	    def->lru_ref >= def->htab_key)
		return -EINVAL;
	if (vouch_table_elems(def) * vouch_table_elem_len(def) / 8 > U32_MAX)
		return -E2BIG;
	return 0;
}

const struct vouch_map_ops vouch_lru_hash_ops = {
	.type = BPF_MAP_TYPE_LRU_HASH,
	.name = "lru_hash",
	.map_flags = ACCESS_FLAGS | BPF_F_ZERO_SEED | BPF_F_NO_COMMON_LRU,
	.check = lru_check,
	.memory = vouch_table_memory,
	.init = vouch_table_init,
	.free = vouch_table_free,
	.lookup = vouch_lru_lookup,
	.update = vouch_lru_update,
	.remove = vouch_lru_remove,
	.for_each = vouch_hash_visit,
	.copy = vouch_hash_copy,
	.store = lru_store,
	.next_key = vouch_hash_next_key,
	.count = vouch_hash_count,
};

const struct vouch_map_ops vouch_lru_percpu_hash_ops = {
	.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
	.name = "lru_percpu_hash",
	.map_flags = ACCESS_FLAGS | BPF_F_ZERO_SEED | BPF_F_NO_COMMON_LRU,
	.check = lru_check,
	.memory = vouch_table_memory,
	.init = vouch_table_init,
	.free = vouch_table_free,
	.lookup = vouch_percpu_lru_lookup,
	.lookup_cpu = vouch_percpu_lru_lookup_cpu,
	.update = vouch_percpu_lru_update,
	.remove = vouch_lru_remove,
	.for_each = vouch_hash_visit,
	.copy = vouch_percpu_hash_copy,
	.store = percpu_lru_store,
	.next_key = vouch_hash_next_key,
	.count = vouch_hash_count,
};
