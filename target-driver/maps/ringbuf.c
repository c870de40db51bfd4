// SPDX-License-Identifier: GPL-2.0-only
/* Ring buffers, with the meaning of the kernel's kernel/bpf/ringbuf.c. */

#include <linux/bpf.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/output.h"
#include "maps/ringbuf.h"
#include "vouch_target_abi.h"

static int check(const struct vouch_map_def *def)
{
	return def->key_size || def->value_size ||
			       !vouch_ring_size_ok(def->max_entries)
		       ? -EINVAL
		       : 0;
}

static u64 memory(const struct vouch_map_def *def)
{
	return def->array_value + vouch_ring_memory(def->max_entries);
}

static void release(struct vouch_map *map)
{
	if (map->ring)
		vouch_ring_free(map->ring);
	kfree(map->ring);
	vfree(map->block);
}

static int init(struct vouch_map *map)
{
	int err = -ENOMEM;

	map->block = vzalloc(map->def.array_value);
	map->ring = kzalloc(sizeof(*map->ring), GFP_KERNEL);
	if (map->block && map->ring)
		err = vouch_ring_init(map->ring, map->def.max_entries);
	if (err)
		release(map);
	return err;
}

static void take(struct vouch_map *map, struct vouch_taken *out)
{
	vouch_ring_take(map->ring, 0, VOUCH_TARGET_NO_CPU, out);
}

static vouch_untraced long update(struct vouch_map *map, void *key, void *value,
				  u64 flags)
{
	return -ENOTSUPP;
}

static vouch_untraced long remove_entry(struct vouch_map *map, void *key)
{
	return -ENOTSUPP;
}

static u32 count(struct vouch_map *map)
{
	return 0;
}

const struct vouch_map_ops vouch_ringbuf_ops = {
	.type = BPF_MAP_TYPE_RINGBUF,
	.name = "ringbuf",
	.map_flags = 0,
	.keyless = true,
	.valueless = true,
	.check = check,
	.memory = memory,
	.init = init,
	.free = release,
	.lookup = vouch_absent_lookup,
	.update = update,
	.remove = remove_entry,
	.for_each = vouch_absent_for_each,
	.copy = vouch_absent_copy,
	.store = vouch_absent_store,
	.next_key = vouch_absent_next_key,
	.count = count,
	.take = take,
};
