// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays of cgroups, with the meaning of the kernel's kernel/bpf/arraymap.c:
 * user space puts cgroups of version 2 in, by file descriptors of its own.
 */

#include <linux/bpf.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/array.h"
#include "maps/cgroups.h"
#include "maps/pointers.h"

static struct cgroup **entry_at(const struct vouch_map *map, u32 index)
{
	return (struct cgroup **)vouch_pointers_at(map, index);
}

static int check(const struct vouch_map_def *def)
{
	return def->key_size == sizeof(u32) && def->value_size == sizeof(u32)
		       ? 0
		       : -EINVAL;
}

/* A cgroup is freed a grace period after the last reference. */
static long replace(struct vouch_map *map, u32 index, struct cgroup *cgrp)
{
	struct cgroup *old = xchg(entry_at(map, index), cgrp);

	if (old)
		cgroup_put(old);
	return old ? 0 : -ENOENT;
}

static void release(struct vouch_map *map)
{
	u32 i;

	for (i = 0; i < map->def.max_entries; i++)
		replace(map, i, NULL);
	vfree(map->block);
}

vouch_untraced long vouch_cgroups_current(struct vouch_map *map, u32 index)
{
	struct cgroup *cgrp;

	if (unlikely(index >= map->def.max_entries))
		return -E2BIG;
	cgrp = READ_ONCE(*entry_at(map, index));
	if (unlikely(!cgrp))
		return -EAGAIN;
	return task_under_cgroup_hierarchy(current, cgrp);
}

static long remove_entry(struct vouch_map *map, void *key)
{
	u32 index = *(u32 *)key;

	if (index >= map->def.max_entries)
		return -E2BIG;
	return replace(map, index, NULL);
}

static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	u32 index = *(u32 *)key;
	struct cgroup *cgrp;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->def.max_entries)
		return -E2BIG;
	cgrp = cgroup_get_from_fd(*(u32 *)value);
	if (IS_ERR(cgrp))
		return PTR_ERR(cgrp);
	replace(map, index, cgrp);
	return 0;
}

const struct vouch_map_ops vouch_cgroup_array_ops = {
	.type = BPF_MAP_TYPE_CGROUP_ARRAY,
	.name = "cgroup_array",
	.map_flags = 0,
	.check = check,
	.memory = vouch_pointers_memory,
	.init = vouch_pointers_init,
	.free = release,
	.lookup = vouch_absent_lookup,
	.update = vouch_absent_update,
	.remove = remove_entry,
	.for_each = vouch_absent_for_each,
	.copy = vouch_absent_copy,
	.store = store,
	.next_key = vouch_array_next_key,
	.count = vouch_pointers_count,
};
