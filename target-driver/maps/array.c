// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays, with the meaning of the kernel's kernel/bpf/arraymap.c.
 *
 * They have a power of two of entries behind max_entries, since the verifier
 * kernel's code masks an index rather than trust a predicted branch.
 */

#include <linux/bpf.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "maps/array.h"
#include "maps/lock.h"

#define ACCESS_FLAGS \
	(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

static u64 n_allocated(const struct vouch_map_def *def)
{
	return roundup_pow_of_two((u64)def->max_entries);
}

static int check(const struct vouch_map_def *def)
{
	if (def->type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	    round_up(def->value_size, 8) > PCPU_MIN_UNIT_SIZE)
		return -E2BIG;
	return def->key_size == sizeof(u32) ? 0 : -EINVAL;
}

static u64 array_memory(const struct vouch_map_def *def)
{
	return def->array_value +
	       n_allocated(def) * round_up((u64)def->value_size, 8);
}

static u64 percpu_memory(const struct vouch_map_def *def)
{
	return def->array_value + n_allocated(def) * sizeof(void *) +
	       (u64)def->max_entries * round_up((u64)def->value_size, 8) *
		       num_possible_cpus();
}

static int array_init(struct vouch_map *map)
{
	map->index_mask = n_allocated(&map->def) - 1;
	map->block = vzalloc(map->memory);
	return map->block ? 0 : -ENOMEM;
}

static void array_free(struct vouch_map *map)
{
	vfree(map->block);
}

static void percpu_free(struct vouch_map *map)
{
	u32 i;

	for (i = 0; map->pptrs && i < map->def.max_entries; i++) {
		free_percpu(map->pptrs[i]);
		cond_resched();
	}
	vfree(map->pptrs);
	vfree(map->block);
}

static int percpu_init(struct vouch_map *map)
{
	u32 i;

	map->index_mask = n_allocated(&map->def) - 1;
	map->block = vzalloc(map->def.array_value);
	map->pptrs = vzalloc(n_allocated(&map->def) * sizeof(void *));
	if (!map->block || !map->pptrs)
		goto free;
	for (i = 0; i < map->def.max_entries; i++) {
		map->pptrs[i] = __alloc_percpu_gfp(map->elem_size, 8,
						   GFP_KERNEL | __GFP_NOWARN);
		if (!map->pptrs[i])
			goto free;
		cond_resched();
	}
	return 0;

free:
	percpu_free(map);
	return -ENOMEM;
}

static vouch_untraced void *value_at(struct vouch_map *map, u32 index)
{
	return vouch_map_value(map) +
	       (u64)map->elem_size * (index & map->index_mask);
}

vouch_untraced void *vouch_array_lookup(struct vouch_map *map, void *key)
{
	u32 index = *(u32 *)key;

	if (unlikely(index >= map->def.max_entries))
		return NULL;
	return value_at(map, index);
}

vouch_untraced void *vouch_percpu_array_lookup(struct vouch_map *map, void *key)
{
	u32 index = *(u32 *)key;

	if (unlikely(index >= map->def.max_entries))
		return NULL;
	return this_cpu_ptr(map->pptrs[index & map->index_mask]);
}

vouch_untraced void *vouch_percpu_array_lookup_cpu(struct vouch_map *map,
						   void *key, u32 cpu)
{
	u32 index = *(u32 *)key;

	if (unlikely(cpu >= nr_cpu_ids || index >= map->def.max_entries))
		return NULL;
	return per_cpu_ptr(map->pptrs[index & map->index_mask], cpu);
}

static vouch_untraced long check_update(struct vouch_map *map, u32 index,
					u64 flags)
{
	if (unlikely((flags & ~BPF_F_LOCK) > BPF_EXIST))
		return -EINVAL;
	if (unlikely(index >= map->def.max_entries))
		return -E2BIG;
	if (unlikely(flags & BPF_NOEXIST))
		return -EEXIST;
	/* The kernel looks at that last. */
	if (unlikely(flags & BPF_F_LOCK && !vouch_lock_has(map)))
		return -EINVAL;
	return 0;
}

vouch_untraced long vouch_array_update(struct vouch_map *map, void *key,
				       void *value, u64 flags)
{
	u32 index = *(u32 *)key;
	long err = check_update(map, index, flags);
	void *to;

	if (err)
		return err;
	if (map->ops == &vouch_percpu_array_ops)
		to = this_cpu_ptr(map->pptrs[index & map->index_mask]);
	else
		to = value_at(map, index);
	if (unlikely(flags & BPF_F_LOCK))
		return vouch_lock_copy_held(map, to, value,
					    vouch_lock_of(map, to));
	vouch_lock_copy(map, to, value);
	return 0;
}

vouch_untraced long vouch_array_remove(struct vouch_map *map, void *key)
{
	return -EINVAL;
}

static vouch_untraced long array_for_each(struct vouch_map *map,
					  vouch_callback_fn call, u64 ctx)
{
	u32 key, n = 0;

	for (key = 0; key < map->def.max_entries; key++) {
		void *value = map->ops->lookup(map, &key);
		u64 at = (unsigned long)&key;

		n++;
		if (call((unsigned long)map->block, at, (unsigned long)value,
			 ctx, 0))
			break;
	}
	return n;
}

static int array_copy(struct vouch_map *map, void *key, void *value)
{
	void *from = vouch_array_lookup(map, key);

	if (!from)
		return -ENOENT;
	vouch_lock_copy(map, value, from);
	return 0;
}

static int array_store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return vouch_array_update(map, key, value, flags);
}

static int percpu_copy(struct vouch_map *map, void *key, void *value)
{
	u32 index = *(u32 *)key;
	int cpu;

	if (index >= map->def.max_entries)
		return -ENOENT;
	for_each_possible_cpu(cpu) {
		memcpy(value,
		       per_cpu_ptr(map->pptrs[index & map->index_mask], cpu),
		       map->elem_size);
		value += map->elem_size;
	}
	return 0;
}

static int percpu_store(struct vouch_map *map, void *key, void *value,
			u64 flags)
{
	u32 index = *(u32 *)key;
	int cpu, err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	err = check_update(map, index, flags);
	if (err)
		return err;
	for_each_possible_cpu(cpu) {
		memcpy(per_cpu_ptr(map->pptrs[index & map->index_mask], cpu),
		       value, map->elem_size);
		value += map->elem_size;
	}
	return 0;
}

int vouch_array_next_key(struct vouch_map *map, void *key, void *next)
{
	u32 index = key ? *(u32 *)key : U32_MAX;

	if (index >= map->def.max_entries) {
		*(u32 *)next = 0;
		return 0;
	}
	if (index == map->def.max_entries - 1)
		return -ENOENT;
	*(u32 *)next = index + 1;
	return 0;
}

static u32 count(struct vouch_map *map)
{
	return map->def.max_entries;
}

const struct vouch_map_ops vouch_array_ops = {
	.type = BPF_MAP_TYPE_ARRAY,
	.name = "array",
	.map_flags = ACCESS_FLAGS | BPF_F_MMAPABLE | BPF_F_INNER_MAP,
	.check = check,
	.memory = array_memory,
	.init = array_init,
	.free = array_free,
	.lookup = vouch_array_lookup,
	.update = vouch_array_update,
	.remove = vouch_array_remove,
	.for_each = array_for_each,
	.copy = array_copy,
	.store = array_store,
	.next_key = vouch_array_next_key,
	.count = count,
};

const struct vouch_map_ops vouch_percpu_array_ops = {
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.name = "percpu_array",
	.map_flags = ACCESS_FLAGS,
	.check = check,
	.memory = percpu_memory,
	.init = percpu_init,
	.free = percpu_free,
	.lookup = vouch_percpu_array_lookup,
	.lookup_cpu = vouch_percpu_array_lookup_cpu,
	.update = vouch_array_update,
	.remove = vouch_array_remove,
	.for_each = array_for_each,
	.copy = percpu_copy,
	.store = percpu_store,
	.next_key = vouch_array_next_key,
	.count = count,
};
