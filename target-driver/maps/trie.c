// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tries of prefixes (LPM), with the meaning of kernel/bpf/lpm_trie.c.
 *
 * A key is a number of bits and the bits themselves. Each node has a prefix;
 * its children's prefixes are longer, begin with it, and differ in the bit
 * behind it. A node without a value stands where two others part.
 */

#include <linux/bpf.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/busy.h"
#include "maps/trie.h"

#define MAX_DATA 256 /* bytes of a prefix */
#define ACCESS_FLAGS \
	(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/* As programs write a key. */
struct trie_key {
	u32 bits;
	u8 data[];
};

struct trie_node {
	struct rcu_head rcu;
	struct trie_node __rcu *child[2];
	bool valued;
	struct trie_key prefix; /* the value is behind it, 8 bytes aligned */
};

struct vouch_trie {
	raw_spinlock_t lock;
	struct trie_node __rcu *root;
	u32 n; /* nodes with a value */
};

static u32 data_len(const struct vouch_map *map)
{
	return map->def.key_size - sizeof(struct trie_key);
}

static u32 max_bits(const struct vouch_map *map)
{
	return data_len(map) * 8;
}

static u32 node_len(const struct vouch_map_def *def)
{
	return round_up(offsetof(struct trie_node, prefix) + def->key_size, 8);
}

static void *value_of(const struct vouch_map *map, struct trie_node *n)
{
	return (u8 *)n + node_len(&map->def);
}

static int check(const struct vouch_map_def *def)
{
	if (!(def->map_flags & BPF_F_NO_PREALLOC) ||
	    def->key_size <= sizeof(struct trie_key) ||
	    def->key_size > sizeof(struct trie_key) + MAX_DATA ||
	    def->value_size >
		    KMALLOC_MAX_SIZE - MAX_DATA - sizeof(struct trie_node))
		return -EINVAL;
	return 0;
}

/* Two nodes for each entry, at most. */
static u64 memory(const struct vouch_map_def *def)
{
	return def->array_value + sizeof(struct vouch_trie) +
	       (u64)def->max_entries *
		       (2 * node_len(def) + round_up(def->value_size, 8));
}

static void release(struct vouch_map *map)
{
	struct vouch_trie *t = map->trie;
	struct trie_node __rcu **at;
	struct trie_node *n;

	/* Down to a leaf each time: there may be too many levels to recurse. */
	while (t && (n = rcu_dereference_protected(t->root, 1))) {
		at = &t->root;
		while (rcu_access_pointer(n->child[0]) ||
		       rcu_access_pointer(n->child[1])) {
			at = &n->child[!rcu_access_pointer(n->child[0])];
			n = rcu_dereference_protected(*at, 1);
		}
		RCU_INIT_POINTER(*at, NULL);
		kfree(n);
	}
	kfree(t);
	vfree(map->block);
}

static int init(struct vouch_map *map)
{
	map->block = vzalloc(map->def.array_value);
	map->trie = kzalloc(sizeof(*map->trie), GFP_KERNEL);
	if (!map->block || !map->trie) {
		release(map);
		return -ENOMEM;
	}
	raw_spin_lock_init(&map->trie->lock);
	return 0;
}

static __always_inline u32 bit_at(const u8 *data, u32 i)
{
	return data[i / 8] >> (7 - i % 8) & 1;
}

/* How many bits two prefixes begin with in common. */
static vouch_untraced u32 common_bits(const struct trie_key *a,
				      const struct trie_key *b)
{
	u32 limit = min(a->bits, b->bits), i;

	for (i = 0; i < limit / 8; i++)
		if (a->data[i] != b->data[i])
			break;
	if (i * 8 >= limit)
		return limit;
	return min(limit, i * 8 + 8 - fls(a->data[i] ^ b->data[i]));
}

vouch_untraced void *vouch_trie_lookup(struct vouch_map *map, void *key)
{
	struct trie_node *n, *found = NULL;
	const struct trie_key *k = key;

	if (k->bits > max_bits(map))
		return NULL;
	n = rcu_dereference_raw(map->trie->root);
	while (n && common_bits(&n->prefix, k) == n->prefix.bits) {
		if (READ_ONCE(n->valued))
			found = n;
		if (n->prefix.bits == max_bits(map))
			break;
		/* A key that is no longer than the node reads on, too. */
		n = rcu_dereference_raw(
			n->child[bit_at(k->data, n->prefix.bits)]);
	}
	return found ? value_of(map, found) : NULL;
}

static vouch_untraced struct trie_node *new_node(const struct vouch_map *map,
						 const struct trie_key *k,
						 u32 bits, const void *value)
{
	u32 len = node_len(&map->def) + (value ? map->def.value_size : 0);
	struct trie_node *n = kmalloc(len, GFP_NOWAIT | __GFP_NOWARN);

	if (!n)
		return NULL;
	RCU_INIT_POINTER(n->child[0], NULL);
	RCU_INIT_POINTER(n->child[1], NULL);
	n->valued = value;
	n->prefix.bits = bits;
	memcpy(n->prefix.data, k->data, data_len(map));
	if (value)
		memcpy(value_of(map, n), value, map->def.value_size);
	return n;
}

/* Under the lock: where a prefix is, or would be put. */
struct place {
	struct trie_node __rcu **at,
		**above; /* pointers to node and to parent */
	struct trie_node *node, *parent;
	u32 common; /* bits that key and node have in common */
};

static vouch_untraced struct place find_place(struct vouch_map *map,
					      const struct trie_key *k)
{
	struct place p = { .at = &map->trie->root };

	p.above = p.at;
	while ((p.node = rcu_dereference_protected(*p.at, 1))) {
		p.common = common_bits(&p.node->prefix, k);
		if (p.common != p.node->prefix.bits ||
		    p.node->prefix.bits == k->bits)
			break;
		p.parent = p.node;
		p.above = p.at;
		p.at = &p.node->child[bit_at(k->data, p.node->prefix.bits)];
	}
	return p;
}

static vouch_untraced int check_room(const struct vouch_map *map, u64 flags)
{
	if (flags == BPF_EXIST)
		return -ENOENT;
	return map->trie->n == map->def.max_entries ? -ENOSPC : 0;
}

/* Puts @new above the node of the place, or between a new fork's branches. */
static vouch_untraced int
put_above(struct vouch_map *map, const struct place *p, struct trie_node *new)
{
	const struct trie_key *k = &new->prefix;
	struct trie_node *fork;

	if (p->common == k->bits) {
		rcu_assign_pointer(
			new->child[bit_at(p->node->prefix.data, p->common)],
			p->node);
		rcu_assign_pointer(*p->at, new);
		return 0;
	}
	fork = new_node(map, k, p->common, NULL);
	if (!fork)
		return -ENOMEM;
	rcu_assign_pointer(fork->child[bit_at(k->data, p->common)], new);
	rcu_assign_pointer(fork->child[!bit_at(k->data, p->common)], p->node);
	rcu_assign_pointer(*p->at, fork);
	return 0;
}

static vouch_untraced int insert(struct vouch_map *map, struct trie_node *new,
				 u64 flags)
{
	struct place p = find_place(map, &new->prefix);
	bool same = p.node && p.common == p.node->prefix.bits;
	int err = 0;

	if (!same || !p.node->valued)
		err = check_room(map, flags);
	else if (flags == BPF_NOEXIST)
		err = -EEXIST;
	if (err)
		return err;
	if (same) {
		map->trie->n += !p.node->valued;
		rcu_assign_pointer(new->child[0],
				   rcu_access_pointer(p.node->child[0]));
		rcu_assign_pointer(new->child[1],
				   rcu_access_pointer(p.node->child[1]));
		rcu_assign_pointer(*p.at, new);
		kfree_rcu(p.node, rcu);
		return 0;
	}
	if (p.node)
		err = put_above(map, &p, new);
	else
		rcu_assign_pointer(*p.at, new);
	map->trie->n += !err;
	return err;
}

vouch_untraced long vouch_trie_update(struct vouch_map *map, void *key,
				      void *value, u64 flags)
{
	struct vouch_trie *t = map->trie;
	const struct trie_key *k = key;
	unsigned long irq;
	struct trie_node *new;
	long err;

	if (unlikely(flags > BPF_EXIST) || k->bits > max_bits(map))
		return -EINVAL;
	err = vouch_busy_lock(&t->lock, &irq);
	if (err)
		return err;
	new = new_node(map, k, k->bits, value);
	err = new ? insert(map, new, flags) : -ENOMEM;
	vouch_busy_unlock(&t->lock, irq);
	if (err)
		kfree(new);
	return err;
}

/* Every node without a value has two children, afterwards too. */
static vouch_untraced void take_out(struct place *p)
{
	struct trie_node *left =
		rcu_dereference_protected(p->node->child[0], 1);
	struct trie_node *right =
		rcu_dereference_protected(p->node->child[1], 1);
	struct trie_node *parent = p->parent;

	if (left && right) {
		WRITE_ONCE(p->node->valued, false);
		return;
	}
	if (parent && !parent->valued && !left && !right) {
		bool first = rcu_access_pointer(parent->child[0]) == p->node;

		rcu_assign_pointer(*p->above,
				   rcu_access_pointer(parent->child[first]));
		kfree_rcu(parent, rcu);
	} else {
		rcu_assign_pointer(*p->at, left ?: right);
	}
	kfree_rcu(p->node, rcu);
}

vouch_untraced long vouch_trie_remove(struct vouch_map *map, void *key)
{
	struct vouch_trie *t = map->trie;
	const struct trie_key *k = key;
	unsigned long irq;
	struct place p;
	long err;

	if (k->bits > max_bits(map))
		return -EINVAL;
	err = vouch_busy_lock(&t->lock, &irq);
	if (err)
		return err;
	p = find_place(map, k);
	if (p.node && p.node->prefix.bits == k->bits && p.common == k->bits &&
	    p.node->valued) {
		t->n--;
		take_out(&p);
	} else {
		err = -ENOENT;
	}
	vouch_busy_unlock(&t->lock, irq);
	return err;
}

static int copy(struct vouch_map *map, void *key, void *value)
{
	void *from = vouch_trie_lookup(map, key);

	if (!from)
		return -ENOENT;
	memcpy(value, from, map->def.value_size);
	return 0;
}

static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return vouch_trie_update(map, key, value, flags);
}

/* The first of a subtree: longer prefixes come before those they begin with. */
static struct trie_node *first_of(struct trie_node *n)
{
	struct trie_node *child;

	while ((child = rcu_dereference(n->child[0])) ||
	       (child = rcu_dereference(n->child[1])))
		n = child;
	return n;
}

/* The node behind a key, all of a node's children before itself. */
static struct trie_node *next_of(struct vouch_map *map,
				 const struct trie_key *k)
{
	struct trie_node *n = rcu_dereference(map->trie->root), *next = NULL,
			 *right;
	struct trie_node *root = n;

	while (n && common_bits(&n->prefix, k) == n->prefix.bits &&
	       n->prefix.bits < k->bits) {
		right = rcu_dereference(n->child[1]);
		if (!bit_at(k->data, n->prefix.bits) && right)
			next = first_of(right);
		else if (READ_ONCE(n->valued))
			next = n;
		n = rcu_dereference(n->child[bit_at(k->data, n->prefix.bits)]);
	}
	if (n && READ_ONCE(n->valued) && n->prefix.bits == k->bits &&
	    common_bits(&n->prefix, k) == k->bits)
		return next;
	return root ? first_of(root) : NULL;
}

static int next_key(struct vouch_map *map, void *key, void *next)
{
	struct trie_node *n = rcu_dereference(map->trie->root);

	if (n && key && ((struct trie_key *)key)->bits <= max_bits(map))
		n = next_of(map, key);
	else if (n)
		n = first_of(n);
	if (!n)
		return -ENOENT;
	memcpy(next, &n->prefix, map->def.key_size);
	return 0;
}

static u32 count(struct vouch_map *map)
{
	return READ_ONCE(map->trie->n);
}

const struct vouch_map_ops vouch_lpm_trie_ops = {
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.name = "lpm_trie",
	.map_flags = ACCESS_FLAGS | BPF_F_NO_PREALLOC,
	.check = check,
	.memory = memory,
	.init = init,
	.free = release,
	.lookup = vouch_trie_lookup,
	.update = vouch_trie_update,
	.remove = vouch_trie_remove,
	.for_each = vouch_absent_for_each,
	.copy = copy,
	.store = store,
	.next_key = next_key,
	.count = count,
};
