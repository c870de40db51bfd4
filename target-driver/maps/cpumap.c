// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/cpumask.h>
#include <linux/etherdevice.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <net/xdp.h>

#include "maps/absent.h"
#include "maps/array.h"
#include "maps/cpumap.h"
#include "maps/pointers.h"

#define MAX_QUEUE 16384

struct entry {
	struct sk_buff_head queue;
	struct work_struct work;
	struct bpf_cpumap_val value;
	u32 cpu;
};

/* Where entries are changed; none is freed while its work is under way. */
static DEFINE_MUTEX(lock);

static struct entry __rcu **slot(const struct vouch_map *map, u32 cpu)
{
	return (struct entry __rcu **)vouch_pointers_at(map, cpu);
}

static vouch_untraced struct entry *find(const struct vouch_map *map, u32 cpu)
{
	return cpu < map->def.max_entries ? rcu_dereference_raw(*slot(map, cpu))
					  : NULL;
}

static int check(const struct vouch_map_def *def)
{
	if (def->key_size != sizeof(u32) ||
	    (def->value_size != offsetofend(struct bpf_cpumap_val, qsize) &&
	     def->value_size != sizeof(struct bpf_cpumap_val)))
		return -EINVAL;
	return 0;
}

static u64 memory(const struct vouch_map_def *def)
{
	return vouch_pointers_memory(def) +
	       (u64)def->max_entries * sizeof(struct entry);
}

/* On the entry's CPU. */
static void receive(struct work_struct *work)
{
	struct entry *e = container_of(work, struct entry, work);
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&e->queue))) {
		struct net_device *dev = skb->dev;

		local_bh_disable();
		netif_receive_skb(skb);
		local_bh_enable();
		dev_put(dev);
	}
}

/* Nobody adds to the queue any more; what is in it is received. */
static void free_entry(struct entry *e)
{
	if (!e)
		return;
	synchronize_net();
	flush_work(&e->work);
	kfree(e);
}

static void release(struct vouch_map *map)
{
	u32 i;

	for (i = 0; i < map->def.max_entries; i++)
		free_entry(rcu_dereference_protected(*slot(map, i), 1));
	vfree(map->block);
}

bool vouch_untraced vouch_cpumap_has(struct vouch_map *map, u32 cpu)
{
	return find(map, cpu);
}

/* A kernel's own cpumap makes the same of the frame, without the copy. */
static struct sk_buff *copy_frame(struct xdp_buff *xdp)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);
	u32 meta = xdp_data_meta_unsupported(xdp) ? 0
						  : xdp->data - xdp->data_meta;
	u32 len = xdp->data_end - xdp->data, n, i;
	struct net_device *dev = xdp->rxq->dev;
	struct sk_buff *skb;

	n = xdp_buff_has_frags(xdp) ? info->nr_frags : 0;
	skb = netdev_alloc_skb(dev, xdp_get_buff_len(xdp) + meta);
	if (!skb)
		return NULL;
	skb_put_data(skb, xdp->data - meta, meta + len);
	__skb_pull(skb, meta);
	for (i = 0; i < n; i++)
		skb_put_data(skb, skb_frag_address(&info->frags[i]),
			     skb_frag_size(&info->frags[i]));
	if (meta)
		skb_metadata_set(skb, meta);
	skb_record_rx_queue(skb, xdp->rxq->queue_index);
	skb->protocol = eth_type_trans(skb, dev);
	return skb;
}

bool vouch_cpumap_send(struct vouch_map *map, u32 cpu, struct xdp_buff *xdp)
{
	struct entry *e = find(map, cpu);
	struct sk_buff *skb;

	if (!e || skb_queue_len_lockless(&e->queue) >= e->value.qsize)
		return false;
	skb = copy_frame(xdp);
	if (!skb)
		return false;
	dev_hold(skb->dev);
	skb_queue_tail(&e->queue, skb);
	queue_work_on(e->cpu, system_highpri_wq, &e->work);
	return true;
}

static vouch_untraced void *lookup(struct vouch_map *map, void *key)
{
	struct entry *e = find(map, *(u32 *)key);

	return e ? &e->value : NULL;
}

static int check_store(struct vouch_map *map, u32 cpu,
		       const struct bpf_cpumap_val *value, u64 flags)
{
	/* There is no program to be named by a descriptor. */
	if (flags > BPF_EXIST || value->bpf_prog.fd > 0)
		return -EINVAL;
	if (cpu >= map->def.max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	if (value->qsize > MAX_QUEUE)
		return -EOVERFLOW;
	return cpu < nr_cpu_ids && cpu_possible(cpu) ? 0 : -ENODEV;
}

static void put_entry(struct vouch_map *map, u32 cpu, struct entry *new)
{
	struct entry *old;

	mutex_lock(&lock);
	old = rcu_replace_pointer(*slot(map, cpu), new, lockdep_is_held(&lock));
	free_entry(old);
	mutex_unlock(&lock);
}

static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	struct bpf_cpumap_val val = {};
	u32 cpu = *(u32 *)key;
	struct entry *e = NULL;
	int err;

	memcpy(&val, value, map->def.value_size);
	err = check_store(map, cpu, &val, flags);
	if (err)
		return err;
	if (val.qsize) {
		e = kzalloc(sizeof(*e), GFP_KERNEL);
		if (!e)
			return -ENOMEM;
		skb_queue_head_init(&e->queue);
		INIT_WORK(&e->work, receive);
		e->value.qsize = val.qsize;
		e->cpu = cpu;
	}
	put_entry(map, cpu, e);
	return 0;
}

static long remove_entry(struct vouch_map *map, void *key)
{
	u32 cpu = *(u32 *)key;

	if (cpu >= map->def.max_entries)
		return -EINVAL;
	put_entry(map, cpu, NULL);
	return 0;
}

static int copy(struct vouch_map *map, void *key, void *value)
{
	void *from;
	int err = -ENOENT;

	mutex_lock(&lock);
	from = lookup(map, key);
	if (from) {
		memcpy(value, from, map->def.value_size);
		err = 0;
	}
	mutex_unlock(&lock);
	return err;
}

const struct vouch_map_ops vouch_cpumap_ops = {
	.type = BPF_MAP_TYPE_CPUMAP,
	.name = "cpumap",
	.map_flags = 0,
	.sleeps = true,
	.check = check,
	.memory = memory,
	.init = vouch_pointers_init,
	.free = release,
	.lookup = lookup,
	.update = vouch_absent_update,
	.remove = remove_entry,
	.for_each = vouch_absent_for_each,
	.copy = copy,
	.store = store,
	.next_key = vouch_array_next_key,
	.count = vouch_pointers_count,
};
