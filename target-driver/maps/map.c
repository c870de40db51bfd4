// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "maps/busy.h"
#include "maps/lock.h"
#include "maps/map.h"
#include "offer.h"

DEFINE_PER_CPU(int, vouch_busy);

static uint map_memory_mib = 64;
module_param(map_memory_mib, uint, 0444);
MODULE_PARM_DESC(map_memory_mib, "MiB that all maps together may occupy");

static atomic64_t memory_used = ATOMIC64_INIT(0);

static const struct vouch_map_ops *const types[] = {
#define OPS(type, name) &vouch_##name##_ops,
	VOUCH_MAP_TYPES(OPS)
};

static const struct vouch_map_ops *find_type(u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i]->type == type)
			return types[i];
	return NULL;
}

bool vouch_map_is_percpu(const struct vouch_map_def *def)
{
	return def->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       def->type == BPF_MAP_TYPE_PERCPU_HASH ||
	       def->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static void define(const struct vouch_requirements_view *req,
		   const struct vouch_req_map *m, struct vouch_map_def *def)
{
	memset(def, 0, sizeof(*def));
	memcpy(def->name, m->name, sizeof(def->name));
	def->type = le32_to_cpu(m->type);
	def->key_size = le32_to_cpu(m->key_size);
	def->value_size = le32_to_cpu(m->value_size);
	def->max_entries = le32_to_cpu(m->max_entries);
	def->map_flags = le32_to_cpu(m->map_flags);
	def->flags = le32_to_cpu(m->flags) & VOUCH_MAP_FLAGS_ALL;
	def->owner = VOUCH_MAP_OWNER(le32_to_cpu(m->flags));
	def->extra = le32_to_cpu(m->extra);
	if (def->type == BPF_MAP_TYPE_PROG_ARRAY)
		def->prog_func = le32_to_cpu(req->req->prog_func);
	if (vouch_map_is_lru(def))
		def->lru_ref = le32_to_cpu(req->req->lru_ref);
	if (def->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !def->max_entries)
		def->max_entries = num_possible_cpus();
	def->array_value = le32_to_cpu(req->req->array_value);
	def->map_max_entries = le32_to_cpu(req->req->map_max_entries);
	def->htab_key = le32_to_cpu(req->req->htab_key);
}

void vouch_map_define(const struct vouch_requirements_view *req, u32 i,
		      struct vouch_map_def *def)
{
	struct vouch_map_def inner;

	define(req, &req->maps[i], def);
	if (!vouch_map_holds_maps(def->type))
		return;
	/* In the place of the number that user space knows. */
	def->value_size = sizeof(void *);
	vouch_map_define_template(req, i, &inner);
	def->inner = vouch_map_shape_of(&inner);
}

void vouch_map_define_template(const struct vouch_requirements_view *req, u32 i,
			       struct vouch_map_def *def)
{
	define(req, vouch_requirements_template(req, i), def);
}

struct vouch_map_shape vouch_map_shape_of(const struct vouch_map_def *def)
{
	return (struct vouch_map_shape){
		.type = def->type,
		.key_size = def->key_size,
		.value_size = def->value_size,
		.max_entries = def->max_entries,
		.map_flags = def->map_flags,
		.locked = !!(def->flags & VOUCH_MAP_LOCK),
	};
}

/* Not both of a pair, as bpf_map_flags_access_ok(). */
static bool access_ok_flags(u32 flags)
{
	const u32 pair = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	return (flags & pair) != pair;
}

static bool sizes_ok(const struct vouch_map_def *def,
		     const struct vouch_map_ops *ops)
{
	return ops->keyless == !def->key_size &&
	       ops->valueless == !def->value_size && def->max_entries &&
	       def->value_size <= KMALLOC_MAX_SIZE &&
	       def->max_entries <= 1u << 31;
}

static int check_layout(const struct vouch_map_def *def,
			struct vouch_reason *why)
{
	if (def->map_max_entries < sizeof(struct vouch_map_block) ||
	    def->array_value < def->map_max_entries + sizeof(u32))
		return vouch_refuse(
			why, -ENOEXEC,
			"map %s: layout of map headers (max_entries at %u, value at %u) is not supported; use another verifier kernel",
			def->name, def->map_max_entries, def->array_value);
	return 0;
}

int vouch_map_check(const struct vouch_map_def *def, u64 *memory,
		    struct vouch_reason *why)
{
	const struct vouch_map_ops *ops = find_type(def->type);
	u64 limit = (u64)map_memory_mib << 20, need;
	int err;

	if (!ops)
		return vouch_refuse(
			why, -ENOEXEC,
			"map %s: type %u is not offered; link the image for this target's profile",
			def->name, def->type);
	if (def->map_flags & ~ops->map_flags)
		return vouch_refuse(
			why, -ENOEXEC,
			"map %s: flags %#x are not offered for type %s; leave them out",
			def->name, def->map_flags & ~ops->map_flags, ops->name);
	err = check_layout(def, why);
	if (err)
		return err;
	if (!access_ok_flags(def->map_flags) || !sizes_ok(def, ops) ||
	    ops->check(def))
		return vouch_refuse(
			why, -ENOEXEC,
			"map %s: key %u, value %u, entries %u, flags %#x are not those of a %s",
			def->name, def->key_size, def->value_size,
			def->max_entries, def->map_flags, ops->name);
	need = ops->memory(def);
	*memory += need;
	if (need > limit || *memory > limit)
		return vouch_refuse(
			why, -ENOEXEC,
			"map %s: needs %llu bytes, of %llu for all maps; use fewer entries or raise map_memory_mib",
			def->name, need, limit);
	return 0;
}

static int charge(struct vouch_map *map, struct vouch_reason *why)
{
	u64 limit = (u64)map_memory_mib << 20;

	if (atomic64_add_return(map->memory, &memory_used) <= limit)
		return 0;
	atomic64_sub(map->memory, &memory_used);
	return vouch_refuse(
		why, -ENOMEM,
		"map %s: no room, the maps of other images take the rest of %llu bytes; unload one or raise map_memory_mib",
		map->def.name, limit);
}

static int set_up(struct vouch_map *map)
{
	int err = map->ops->init(map);

	if (err)
		return err;
	((struct vouch_map_block *)map->block)->map = map;
	*(u32 *)(map->block + map->def.map_max_entries) = map->def.max_entries;
	return 0;
}

struct vouch_map *vouch_map_new(const struct vouch_map_def *def,
				const void *data, struct vouch_reason *why)
{
	struct vouch_map *map;
	u64 memory = 0;
	int err;

	err = vouch_map_check(def, &memory, why);
	if (err)
		return ERR_PTR(err);
	map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return ERR_PTR(vouch_refuse(
			why, -ENOMEM, "map %s: out of memory", def->name));
	map->def = *def;
	map->ops = find_type(def->type);
	map->elem_size = round_up(def->value_size, 8);
	map->memory = memory;
	refcount_set(&map->refs, 1);
	err = charge(map, why);
	if (err)
		goto free;
	err = set_up(map);
	if (err) {
		vouch_refuse(why, err, "map %s: out of memory for %llu bytes",
			     def->name, memory);
		goto uncharge;
	}
	if (data)
		vouch_lock_copy(map, vouch_map_value(map), data);
	return map;

uncharge:
	atomic64_sub(map->memory, &memory_used);
free:
	kfree(map);
	return ERR_PTR(err);
}

void vouch_map_put(struct vouch_map *map)
{
	if (IS_ERR_OR_NULL(map) || !refcount_dec_and_test(&map->refs))
		return;
	map->ops->free(map);
	atomic64_sub(map->memory, &memory_used);
	kfree(map);
}

bool vouch_map_shareable(const struct vouch_map *map,
			 const struct vouch_map_def *def)
{
	return !(def->flags & (VOUCH_MAP_FROZEN | VOUCH_MAP_INTERNAL)) &&
	       !memcmp(&map->def, def, sizeof(*def));
}

u32 vouch_map_value_size(const struct vouch_map *map)
{
	return vouch_map_holds_maps(map->def.type) ? VOUCH_MAP_NUMBER_LEN
						   : map->def.value_size;
}

u32 vouch_map_io(const struct vouch_map *map)
{
	if (vouch_map_is_percpu(&map->def))
		return map->elem_size * num_possible_cpus();
	return vouch_map_value_size(map);
}

u64 vouch_map_memory(u64 *limit)
{
	if (limit)
		*limit = (u64)map_memory_mib << 20;
	return atomic64_read(&memory_used);
}
