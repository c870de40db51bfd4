// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of stacks, with the meaning of the kernel's kernel/bpf/stackmap.c: a
 * stack's key is the low part of its hash, and a second stack of that key
 * finds no place, or takes the first one's.
 */

#include <linux/atomic.h>
#include <linux/bpf.h>
#include <linux/jhash.h>
#include <linux/llist.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "helpers/unwind.h"
#include "maps/absent.h"
#include "maps/stacks.h"

struct stack {
	struct llist_node free;
	u32 hash, n;
	u64 ips[];
};

struct vouch_stacks {
	struct llist_head free;
	raw_spinlock_t lock; /* who takes one off the list */
	u32 n_buckets; /* a power of two */
	u8 *elems;
	struct stack *buckets[];
};

static u64 n_buckets(const struct vouch_map_def *def)
{
	return roundup_pow_of_two((u64)def->max_entries);
}

static u64 elem_len(const struct vouch_map_def *def)
{
	return sizeof(struct stack) + (u64)def->value_size;
}

static int check(const struct vouch_map_def *def)
{
	return def->key_size != sizeof(u32) || def->value_size % sizeof(u64) ||
			       def->value_size / sizeof(u64) > VOUCH_UNWIND_MAX
		       ? -EINVAL
		       : 0;
}

static u64 memory(const struct vouch_map_def *def)
{
	return def->array_value + sizeof(struct vouch_stacks) +
	       n_buckets(def) * sizeof(void *) +
	       elem_len(def) * def->max_entries;
}

static void release(struct vouch_map *map)
{
	if (map->stacks)
		vfree(map->stacks->elems);
	vfree(map->stacks);
	vfree(map->block);
}

static int init(struct vouch_map *map)
{
	const struct vouch_map_def *def = &map->def;
	struct vouch_stacks *s;
	u32 i;

	map->block = vzalloc(def->array_value);
	s = vzalloc(sizeof(*s) + n_buckets(def) * sizeof(void *));
	map->stacks = s;
	if (s)
		s->elems = vzalloc(elem_len(def) * def->max_entries);
	if (!map->block || !s || !s->elems) {
		release(map);
		return -ENOMEM;
	}
	raw_spin_lock_init(&s->lock);
	init_llist_head(&s->free);
	s->n_buckets = n_buckets(def);
	for (i = 0; i < def->max_entries; i++)
		llist_add((struct llist_node *)(s->elems + elem_len(def) * i),
			  &s->free);
	return 0;
}

/* As the kernel's: an NMI that meets the lock goes without. */
static vouch_untraced struct stack *get_free(struct vouch_stacks *s)
{
	struct llist_node *node;
	unsigned long flags;

	if (in_nmi()) {
		if (!raw_spin_trylock_irqsave(&s->lock, flags))
			return NULL;
	} else {
		raw_spin_lock_irqsave(&s->lock, flags);
	}
	node = llist_del_first(&s->free);
	raw_spin_unlock_irqrestore(&s->lock, flags);
	return node ? llist_entry(node, struct stack, free) : NULL;
}

static vouch_untraced void put_free(struct vouch_stacks *s, struct stack *e)
{
	if (e)
		llist_add(&e->free, &s->free);
}

vouch_untraced long vouch_stacks_id(struct vouch_map *map, const u64 *ips,
				    u32 n, u64 flags)
{
	struct vouch_stacks *s = map->stacks;
	struct stack *old, *new;
	u32 len, hash, id;
	bool alike;

	n = min_t(u32, n, map->def.value_size / sizeof(*ips));
	len = n * sizeof(*ips);
	hash = jhash2((const u32 *)ips, len / sizeof(u32), 0);
	id = hash & (s->n_buckets - 1);
	old = READ_ONCE(s->buckets[id]);
	alike = old && old->hash == hash;
	if (alike && flags & BPF_F_FAST_STACK_CMP)
		return id;
	if (alike && old->n == n && !memcmp(old->ips, ips, len))
		return id;
	if (old && !(flags & BPF_F_REUSE_STACKID))
		return -EEXIST;
	new = get_free(s);
	if (unlikely(!new))
		return -ENOMEM;
	new->hash = hash;
	new->n = n;
	memcpy(new->ips, ips, len);
	put_free(s, xchg(&s->buckets[id], new));
	return id;
}

static vouch_untraced long remove_entry(struct vouch_map *map, void *key)
{
	struct vouch_stacks *s = map->stacks;
	u32 id = *(u32 *)key;
	struct stack *old;

	if (unlikely(id >= s->n_buckets))
		return -E2BIG;
	old = xchg(&s->buckets[id], NULL);
	put_free(s, old);
	return old ? 0 : -ENOENT;
}

/* While it is copied, nobody else has it. */
static int copy(struct vouch_map *map, void *key, void *value)
{
	struct vouch_stacks *s = map->stacks;
	u32 id = *(u32 *)key, len;
	struct stack *e;

	if (id >= s->n_buckets)
		return -ENOENT;
	e = xchg(&s->buckets[id], NULL);
	if (!e)
		return -ENOENT;
	len = e->n * sizeof(*e->ips);
	memcpy(value, e->ips, len);
	memset(value + len, 0, map->def.value_size - len);
	put_free(s, xchg(&s->buckets[id], e));
	return 0;
}

static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return -EINVAL;
}

static int next_key(struct vouch_map *map, void *key, void *next)
{
	struct vouch_stacks *s = map->stacks;
	u32 id = key ? *(u32 *)key : 0;

	if (id >= s->n_buckets || (key && !s->buckets[id]))
		id = 0;
	else if (key)
		id++;
	while (id < s->n_buckets && !s->buckets[id])
		id++;
	if (id >= s->n_buckets)
		return -ENOENT;
	*(u32 *)next = id;
	return 0;
}

static u32 count(struct vouch_map *map)
{
	u32 i, n = 0;

	for (i = 0; i < map->stacks->n_buckets; i++)
		n += !!READ_ONCE(map->stacks->buckets[i]);
	return n;
}

const struct vouch_map_ops vouch_stack_trace_ops = {
	.type = BPF_MAP_TYPE_STACK_TRACE,
	.name = "stack_trace",
	.map_flags = 0,
	.check = check,
	.memory = memory,
	.init = init,
	.free = release,
	.lookup = vouch_absent_lookup,
	.update = vouch_absent_update,
	.remove = remove_entry,
	.for_each = vouch_absent_for_each,
	.copy = copy,
	.store = store,
	.next_key = next_key,
	.count = count,
};
