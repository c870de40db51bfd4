// SPDX-License-Identifier: GPL-2.0-only
/* Arrays of programs, with the meaning of the kernel's kernel/bpf/arraymap.c.
 */

#include <linux/bpf.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/array.h"
#include "maps/entries.h"
#include "maps/pointers.h"

/* Of bpf_func in a block; the code has one byte for it. */
#define MAX_PROG_FUNC 120

struct vouch_entries {
	u32 n;
	u32 block_len; /* bytes */
	u32 types[VOUCH_MAX_PROGS];
	u8 blocks[];
};

/* Who changes an entry, or whose programs an array takes. */
static DEFINE_SPINLOCK(lock);

static u8 **entry_at(const struct vouch_map *map, u32 index)
{
	return (u8 **)vouch_pointers_at(map, index);
}

static bool is_of(const struct vouch_entries *e, const u8 *block)
{
	return block >= e->blocks && block < e->blocks + e->n * e->block_len;
}

struct vouch_entries *
vouch_entries_new(const struct vouch_requirements_view *req, const u8 *text)
{
	u32 func = le32_to_cpu(req->req->prog_func), len = func + 8, i;
	struct vouch_entries *e;

	e = kzalloc(struct_size(e, blocks, (size_t)len * req->n_progs),
		    GFP_KERNEL);
	if (!e)
		return NULL;
	e->n = req->n_progs;
	e->block_len = len;
	for (i = 0; i < e->n; i++) {
		const struct vouch_req_prog *p = &req->progs[i];

		e->types[i] = le32_to_cpu(p->type);
		*(const u8 **)(e->blocks + i * len + func) =
			text + le32_to_cpu(p->text_off);
	}
	return e;
}

void vouch_entries_free(struct vouch_entries *e)
{
	kfree(e);
}

static int set_entry(struct vouch_map *map, const struct vouch_entries *e,
		     u32 index, u32 prog)
{
	lockdep_assert_held(&lock);
	if (prog >= e->n || e->types[prog] != map->def.owner)
		return -EINVAL;
	/* What it points to was written before. */
	smp_store_release(entry_at(map, index),
			  (u8 *)e->blocks + prog * e->block_len);
	return 0;
}

int vouch_entries_join(struct vouch_map *map, struct vouch_entries *e,
		       const __le32 *values)
{
	u32 i, n = values ? map->def.max_entries : 0;
	int err = 0;

	spin_lock(&lock);
	map->entries = e;
	for (i = 0; !err && i < n; i++)
		if (values[i])
			err = set_entry(map, e, i, le32_to_cpu(values[i]) - 1);
	spin_unlock(&lock);
	return err;
}

void vouch_entries_leave(struct vouch_map *map, struct vouch_entries *e)
{
	u32 i;

	spin_lock(&lock);
	if (map->entries == e)
		map->entries = NULL;
	for (i = 0; i < map->def.max_entries; i++)
		if (is_of(e, *entry_at(map, i)))
			WRITE_ONCE(*entry_at(map, i), NULL);
	spin_unlock(&lock);
}

static int check(const struct vouch_map_def *def)
{
	if (def->key_size != sizeof(u32) || def->value_size != sizeof(u32) ||
	    def->max_entries > VOUCH_MAX_ENTRIES || def->prog_func < 8 ||
	    def->prog_func > MAX_PROG_FUNC || def->prog_func % 8)
		return -EINVAL;
	return 0;
}

static void release(struct vouch_map *map)
{
	vfree(map->block);
}

static long remove_entry(struct vouch_map *map, void *key)
{
	u32 index = *(u32 *)key;
	long err = -ENOENT;

	if (index >= map->def.max_entries)
		return -E2BIG;
	spin_lock(&lock);
	if (*entry_at(map, index)) {
		WRITE_ONCE(*entry_at(map, index), NULL);
		err = 0;
	}
	spin_unlock(&lock);
	return err;
}

/* User space sees the index of the program in its image. */
static int copy(struct vouch_map *map, void *key, void *value)
{
	u32 index = *(u32 *)key;
	int err = -ENOENT;
	u8 *block;

	if (index >= map->def.max_entries)
		return -ENOENT;
	spin_lock(&lock);
	block = *entry_at(map, index);
	if (block && map->entries && is_of(map->entries, block)) {
		*(u32 *)value = (block - map->entries->blocks) /
				map->entries->block_len;
		err = 0;
	}
	spin_unlock(&lock);
	return err;
}

/* The program is one of the image that came to the array last. */
static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	u32 index = *(u32 *)key;
	int err = -EINVAL;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->def.max_entries)
		return -E2BIG;
	spin_lock(&lock);
	if (map->entries)
		err = set_entry(map, map->entries, index, *(u32 *)value);
	spin_unlock(&lock);
	return err;
}

const struct vouch_map_ops vouch_prog_array_ops = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.name = "prog_array",
	.map_flags = 0,
	.check = check,
	.memory = vouch_pointers_memory,
	.init = vouch_pointers_init,
	.free = release,
	.lookup = vouch_absent_lookup,
	.update = vouch_absent_update,
	.remove = remove_entry,
	.for_each = vouch_absent_for_each,
	.copy = copy,
	.store = store,
	.next_key = vouch_array_next_key,
	.count = vouch_pointers_count,
};
