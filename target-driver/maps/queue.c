// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues and stacks, with the meaning of kernel/bpf/queue_stack_maps.c: values
 * without keys in a ring of max_entries. A full one drops its oldest value if
 * told to (BPF_EXIST), else it refuses.
 */

#include <linux/bpf.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/busy.h"
#include "maps/queue.h"

struct vouch_queue {
	raw_spinlock_t lock;
	u32 first, n; /* the oldest value, and how many there are */
	u8 values[];
};

static int check(const struct vouch_map_def *def)
{
	return def->key_size ? -EINVAL : 0;
}

static u64 memory(const struct vouch_map_def *def)
{
	return def->array_value + sizeof(struct vouch_queue) +
	       (u64)def->max_entries * def->value_size;
}

static void release(struct vouch_map *map)
{
	vfree(map->queue);
	vfree(map->block);
}

static int init(struct vouch_map *map)
{
	map->block = vzalloc(map->def.array_value);
	map->queue = vzalloc(sizeof(*map->queue) +
			     (u64)map->def.max_entries * map->def.value_size);
	if (!map->block || !map->queue) {
		release(map);
		return -ENOMEM;
	}
	raw_spin_lock_init(&map->queue->lock);
	return 0;
}

static __always_inline void *value_at(struct vouch_map *map, u32 n)
{
	struct vouch_queue *q = map->queue;
	u32 i = q->first + n;

	/* The sum may not fit, as neither may be max_entries. */
	if (i < n || i >= map->def.max_entries)
		i -= map->def.max_entries;
	return q->values + (u64)i * map->def.value_size;
}

static __always_inline void drop_first(struct vouch_map *map)
{
	struct vouch_queue *q = map->queue;

	if (++q->first == map->def.max_entries)
		q->first = 0;
	q->n--;
}

static vouch_untraced long push_locked(struct vouch_map *map, const void *value,
				       u64 flags)
{
	struct vouch_queue *q = map->queue;

	if (q->n == map->def.max_entries) {
		if (!(flags & BPF_EXIST))
			return -E2BIG;
		drop_first(map);
	}
	memcpy(value_at(map, q->n), value, map->def.value_size);
	q->n++;
	return 0;
}

vouch_untraced long vouch_queue_push(struct vouch_map *map, void *value,
				     u64 flags)
{
	unsigned long irq;
	long err;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	err = vouch_busy_lock(&map->queue->lock, &irq);
	if (err)
		return err;
	err = push_locked(map, value, flags);
	vouch_busy_unlock(&map->queue->lock, irq);
	return err;
}

static vouch_untraced long take_locked(struct vouch_map *map, void *value,
				       bool newest, bool remove)
{
	struct vouch_queue *q = map->queue;

	if (!q->n) {
		memset(value, 0, map->def.value_size);
		return -ENOENT;
	}
	memcpy(value, value_at(map, newest ? q->n - 1 : 0),
	       map->def.value_size);
	if (remove && newest)
		q->n--;
	else if (remove)
		drop_first(map);
	return 0;
}

static vouch_untraced long take(struct vouch_map *map, void *value, bool remove)
{
	bool newest = map->def.type == BPF_MAP_TYPE_STACK;
	unsigned long irq;
	long err;

	err = vouch_busy_lock(&map->queue->lock, &irq);
	if (err) {
		memset(value, 0, map->def.value_size);
		return err;
	}
	err = take_locked(map, value, newest, remove);
	vouch_busy_unlock(&map->queue->lock, irq);
	return err;
}

vouch_untraced long vouch_queue_pop(struct vouch_map *map, void *value)
{
	return take(map, value, true);
}

vouch_untraced long vouch_queue_peek(struct vouch_map *map, void *value)
{
	return take(map, value, false);
}

static int copy(struct vouch_map *map, void *key, void *value)
{
	return vouch_queue_peek(map, value);
}

static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return vouch_queue_push(map, value, flags);
}

static int next_key(struct vouch_map *map, void *key, void *next)
{
	return -EINVAL;
}

static u32 count(struct vouch_map *map)
{
	return READ_ONCE(map->queue->n);
}

#define QUEUE_OPS(kind, text)                                                  \
	{                                                                      \
		.type = kind, .name = text,                                    \
		.map_flags = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | \
			     BPF_F_WRONLY_PROG,                                \
		.keyless = true, .check = check, .memory = memory,             \
		.init = init, .free = release, .lookup = vouch_absent_lookup,  \
		.update = vouch_absent_update, .remove = vouch_absent_remove,  \
		.push = vouch_queue_push, .pop = vouch_queue_pop,              \
		.peek = vouch_queue_peek, .for_each = vouch_absent_for_each,   \
		.copy = copy, .store = store, .next_key = next_key,            \
		.count = count,                                                \
	}

const struct vouch_map_ops vouch_queue_ops =
	QUEUE_OPS(BPF_MAP_TYPE_QUEUE, "queue");
const struct vouch_map_ops vouch_stack_ops =
	QUEUE_OPS(BPF_MAP_TYPE_STACK, "stack");
