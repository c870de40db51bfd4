// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/log2.h>
#include <linux/nsproxy.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

#include "maps/absent.h"
#include "maps/array.h"
#include "maps/devmap.h"

struct entry {
	struct hlist_node node;
	struct net_device *dev; /* held */
	u32 key;
	struct bpf_devmap_val value; /* as programs see it */
	struct rcu_head rcu;
};

/*
 * The bucket of an index is the index itself where there are enough of them,
 * so that a walk over the buckets is one over the indexes.
 */
struct vouch_devs {
	struct list_head list;
	spinlock_t lock; /* of the buckets and n */
	u32 n, n_buckets;
	struct hlist_head buckets[];
};

static DEFINE_MUTEX(lock);
static LIST_HEAD(all); /* struct vouch_devs, under the lock */

static bool is_hash(const struct vouch_map *map)
{
	return map->def.type == BPF_MAP_TYPE_DEVMAP_HASH;
}

static int check(const struct vouch_map_def *def)
{
	if (def->key_size != sizeof(u32) ||
	    (def->value_size != offsetofend(struct bpf_devmap_val, ifindex) &&
	     def->value_size != sizeof(struct bpf_devmap_val)))
		return -EINVAL;
	return 0;
}

static u32 n_buckets(const struct vouch_map_def *def)
{
	return roundup_pow_of_two((u64)def->max_entries);
}

static u64 memory(const struct vouch_map_def *def)
{
	return def->array_value + sizeof(struct vouch_devs) +
	       (u64)n_buckets(def) * sizeof(struct hlist_head) +
	       (u64)def->max_entries * sizeof(struct entry);
}

static int init(struct vouch_map *map)
{
	u32 n = n_buckets(&map->def);
	struct vouch_devs *d;

	map->block = vzalloc(map->def.array_value);
	d = vzalloc(struct_size(d, buckets, n));
	if (!map->block || !d) {
		vfree(map->block);
		vfree(d);
		return -ENOMEM;
	}
	spin_lock_init(&d->lock);
	d->n_buckets = n;
	map->devs = d;
	mutex_lock(&lock);
	list_add_tail(&d->list, &all);
	mutex_unlock(&lock);
	return 0;
}

static void free_entry(struct rcu_head *rcu)
{
	struct entry *e = container_of(rcu, struct entry, rcu);

	dev_put(e->dev);
	kfree(e);
}

static void drop(struct vouch_devs *d, struct entry *e)
{
	lockdep_assert_held(&d->lock);
	hlist_del_rcu(&e->node);
	d->n--;
	call_rcu(&e->rcu, free_entry);
}

/* All entries of an interface, or all. */
static void drop_dev(struct vouch_devs *d, const struct net_device *dev)
{
	struct hlist_node *next;
	struct entry *e;
	u32 i;

	for (i = 0; i < d->n_buckets; i++) {
		spin_lock_bh(&d->lock);
		hlist_for_each_entry_safe(e, next, &d->buckets[i], node)
			if (!dev || e->dev == dev)
				drop(d, e);
		spin_unlock_bh(&d->lock);
	}
}

static void release(struct vouch_map *map)
{
	mutex_lock(&lock);
	list_del(&map->devs->list);
	mutex_unlock(&lock);
	drop_dev(map->devs, NULL);
	vfree(map->devs);
	vfree(map->block);
}

static vouch_untraced struct hlist_head *bucket_of(const struct vouch_map *map,
						   u32 key)
{
	return &map->devs->buckets[key & (map->devs->n_buckets - 1)];
}

static vouch_untraced struct entry *find(const struct vouch_map *map, u32 key)
{
	struct entry *e;

	hlist_for_each_entry_rcu(e, bucket_of(map, key), node,
				 rcu_read_lock_bh_held() ||
					 lockdep_is_held(&map->devs->lock))
		if (e->key == key)
			return e;
	return NULL;
}

vouch_untraced void *vouch_devmap_lookup(struct vouch_map *map, void *key)
{
	struct entry *e = find(map, *(u32 *)key);

	return e ? &e->value : NULL;
}

vouch_untraced struct net_device *vouch_devmap_dev(struct vouch_map *map,
						   u32 key)
{
	struct entry *e = find(map, key);

	return e ? e->dev : NULL;
}

int vouch_devmap_each(struct vouch_map *map,
		      int (*call)(struct net_device *dev, void *data),
		      void *data)
{
	struct entry *e;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < map->devs->n_buckets; i++)
		hlist_for_each_entry_rcu(e, &map->devs->buckets[i], node,
					 rcu_read_lock_bh_held())
			if (!err)
				err = call(e->dev, data);
	return err;
}

static struct entry *new_entry(u32 key, const struct bpf_devmap_val *value)
{
	struct entry *e = kzalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);

	if (!e)
		return ERR_PTR(-ENOMEM);
	e->key = key;
	e->value.ifindex = value->ifindex;
	e->dev = dev_get_by_index(current->nsproxy->net_ns, value->ifindex);
	if (e->dev)
		return e;
	kfree(e);
	return ERR_PTR(-EINVAL);
}

static int check_store(struct vouch_map *map, u32 key,
		       const struct bpf_devmap_val *value, u64 flags)
{
	/* There is no program to be named by a descriptor. */
	if (flags > BPF_EXIST || value->bpf_prog.fd > 0)
		return -EINVAL;
	if (is_hash(map))
		return value->ifindex ? 0 : -EINVAL;
	if (key >= map->def.max_entries)
		return -E2BIG;
	return flags == BPF_NOEXIST ? -EEXIST : 0;
}

static int put_entry(struct vouch_map *map, struct entry *new, u64 flags)
{
	struct vouch_devs *d = map->devs;
	struct entry *old = find(map, new->key);

	if (old && flags & BPF_NOEXIST)
		return -EEXIST;
	if (!old && d->n >= map->def.max_entries)
		return -E2BIG;
	hlist_add_head_rcu(&new->node, bucket_of(map, new->key));
	d->n++;
	if (old)
		drop(d, old);
	return 0;
}

static int drop_key(struct vouch_map *map, u32 key)
{
	struct vouch_devs *d = map->devs;
	struct entry *e;

	spin_lock_bh(&d->lock);
	e = find(map, key);
	if (e)
		drop(d, e);
	spin_unlock_bh(&d->lock);
	return e ? 0 : -ENOENT;
}

/* An interface that is going is in no list of them, or not gone for long. */
static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	struct bpf_devmap_val val = {};
	u32 k = *(u32 *)key;
	struct entry *new;
	int err;

	memcpy(&val, value, map->def.value_size);
	err = check_store(map, k, &val, flags);
	if (err)
		return err;
	if (!val.ifindex) {
		drop_key(map, k);
		return 0;
	}
	new = new_entry(k, &val);
	if (IS_ERR(new))
		return PTR_ERR(new);
	spin_lock_bh(&map->devs->lock);
	/* Else the notifier might have passed. */
	if (READ_ONCE(new->dev->reg_state) != NETREG_REGISTERED)
		err = -EINVAL;
	else
		err = put_entry(map, new, flags);
	spin_unlock_bh(&map->devs->lock);
	if (err) {
		dev_put(new->dev);
		kfree(new);
	}
	return err;
}

static long remove_entry(struct vouch_map *map, void *key)
{
	u32 k = *(u32 *)key;

	if (is_hash(map))
		return drop_key(map, k);
	if (k >= map->def.max_entries)
		return -EINVAL;
	drop_key(map, k);
	return 0;
}

static int copy(struct vouch_map *map, void *key, void *value)
{
	void *from = vouch_devmap_lookup(map, key);

	if (!from)
		return -ENOENT;
	memcpy(value, from, map->def.value_size);
	return 0;
}

static struct entry *entry_at(struct hlist_node *node)
{
	return hlist_entry_safe(node, struct entry, node);
}

static int next_key(struct vouch_map *map, void *key, void *next)
{
	struct vouch_devs *d = map->devs;
	struct entry *e = NULL;
	u32 i = 0;

	if (!is_hash(map))
		return vouch_array_next_key(map, key, next);
	if (key)
		e = find(map, *(u32 *)key);
	if (e) {
		i = (e->key & (d->n_buckets - 1)) + 1;
		e = entry_at(rcu_dereference(hlist_next_rcu(&e->node)));
	}
	for (; !e && i < d->n_buckets; i++)
		e = entry_at(rcu_dereference(hlist_first_rcu(&d->buckets[i])));
	if (!e)
		return -ENOENT;
	*(u32 *)next = e->key;
	return 0;
}

static u32 count(struct vouch_map *map)
{
	return READ_ONCE(map->devs->n);
}

#define DEVMAP_OPS(kind, text)                                                \
	{                                                                     \
		.type = kind, .name = text,                                   \
		.map_flags = BPF_F_RDONLY | BPF_F_WRONLY, .check = check,     \
		.memory = memory, .init = init, .free = release,              \
		.lookup = vouch_devmap_lookup, .update = vouch_absent_update, \
		.remove = remove_entry, .for_each = vouch_absent_for_each,    \
		.copy = copy, .store = store, .next_key = next_key,           \
		.count = count,                                               \
	}

const struct vouch_map_ops vouch_devmap_ops =
	DEVMAP_OPS(BPF_MAP_TYPE_DEVMAP, "devmap");
const struct vouch_map_ops vouch_devmap_hash_ops =
	DEVMAP_OPS(BPF_MAP_TYPE_DEVMAP_HASH, "devmap_hash");

static int notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct net_device *dev = netdev_notifier_info_to_dev(data);
	struct vouch_devs *d;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	mutex_lock(&lock);
	list_for_each_entry(d, &all, list)
		drop_dev(d, dev);
	mutex_unlock(&lock);
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = notify };

int vouch_devmap_init(void)
{
	return register_netdevice_notifier(&notifier);
}

void vouch_devmap_exit(void)
{
	unregister_netdevice_notifier(&notifier);
	rcu_barrier(); /* free_entry() is this module's */
}
