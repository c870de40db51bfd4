/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps: memory of vouch_target's own that images share by reference.
 *
 * Code knows a map by one address, the map's block. Where in the block it
 * finds max_entries and the values of an array, and how far behind an
 * element's address a hash map has its key, follows the layout of the
 * verifier kernel, which the image's requirements name. The block's first
 * bytes, struct vouch_map_block, are vouch_target's and lead to struct
 * vouch_map.
 *
 * Values are read and written by code without a lock, as in the kernel.
 */
#ifndef VOUCH_MAP_H
#define VOUCH_MAP_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "manifest.h"
#include "reason.h"

struct vouch_bloom;
struct vouch_hash;
struct vouch_devs;
struct vouch_entries;
struct vouch_queue;
struct vouch_trie;
struct vouch_map;
struct vouch_ring;
struct vouch_stacks;
struct vouch_taken;

/* A function of an image that a helper calls back. */
typedef u64 (*vouch_callback_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

struct vouch_map_block {
	struct vouch_map *map;
};

/* What two maps must have in common to be one. */
struct vouch_map_def {
	char name[VOUCH_TARGET_NAME_LEN];
	u32 type, key_size, value_size, max_entries, map_flags, flags;
	/* layout, bytes */
	u32 array_value, map_max_entries, htab_key, prog_func;
	u32 lru_ref; /* of an element's mark in maps that have it, or 0 */
	u32 owner; /* type of the programs of a prog array */
	u32 extra; /* as in struct vouch_req_map */
	struct vouch_map_shape inner; /* of the maps in one that holds maps */
};

/*
 * lookup, update and remove are what programs call, with the key and value
 * in kernel memory and the meaning of the kernel's own map operations; all
 * run under RCU. for_each calls a program's function for each element until it
 * returns other than 0, and returns how many calls that made. lookup_cpu is
 * there in per-CPU maps; push, pop and peek are there in maps without keys.
 * copy and store are user space's: they exchange value_io bytes. take, if not
 * NULL, hands over the records that programs wrote.
 */
struct vouch_map_ops {
	u32 type;
	const char *name;
	u32 map_flags; /* BPF_F_* that are supported */
	bool keyless; /* key_size is 0 */
	bool valueless; /* value_size is 0 */
	bool asked; /* copy is given the value that user space asks for */
	bool sleeps; /* copy, store and user space's remove may sleep */
	int (*check)(const struct vouch_map_def *def);
	u64 (*memory)(const struct vouch_map_def *def);
	int (*init)(struct vouch_map *map);
	void (*free)(struct vouch_map *map);
	void *(*lookup)(struct vouch_map *map, void *key);
	void *(*lookup_cpu)(struct vouch_map *map, void *key, u32 cpu);
	long (*update)(struct vouch_map *map, void *key, void *value,
		       u64 flags);
	long (*remove)(struct vouch_map *map, void *key);
	long (*push)(struct vouch_map *map, void *value, u64 flags);
	long (*pop)(struct vouch_map *map, void *value);
	long (*peek)(struct vouch_map *map, void *value);
	int (*copy)(struct vouch_map *map, void *key, void *value);
	int (*store)(struct vouch_map *map, void *key, void *value, u64 flags);
	int (*next_key)(struct vouch_map *map, void *key, void *next);
	u32 (*count)(struct vouch_map *map);
	long (*for_each)(struct vouch_map *map, vouch_callback_fn call,
			 u64 ctx);
	void (*take)(struct vouch_map *map, struct vouch_taken *out);
};

struct vouch_map {
	const struct vouch_map_ops *ops;
	u8 *block; /* as code sees the map */
	u32 elem_size; /* of a value, rounded up to 8 bytes */
	u32 index_mask; /* arrays */
	union {
		void __percpu **pptrs; /* per-CPU arrays, index_mask + 1 */
		struct vouch_hash *hash;
		struct vouch_entries *entries; /* of prog arrays */
		struct vouch_queue *queue;
		struct vouch_bloom *bloom;
		struct vouch_trie *trie;
		struct vouch_devs *devs;
		struct vouch_ring *ring; /* of ring buffers */
		struct vouch_ring __percpu *rings; /* of perf event arrays */
		struct vouch_stacks *stacks; /* of stack traces */
	};
	struct vouch_map_def def;
	u64 memory;
	refcount_t refs;
	u32 n_images; /* guarded by the lock of images */
};

extern const struct vouch_map_ops vouch_array_ops, vouch_percpu_array_ops;
extern const struct vouch_map_ops vouch_hash_ops, vouch_percpu_hash_ops;
extern const struct vouch_map_ops vouch_lru_hash_ops;
extern const struct vouch_map_ops vouch_lru_percpu_hash_ops;
extern const struct vouch_map_ops vouch_prog_array_ops;
extern const struct vouch_map_ops vouch_queue_ops, vouch_stack_ops;
extern const struct vouch_map_ops vouch_bloom_filter_ops;
extern const struct vouch_map_ops vouch_lpm_trie_ops, vouch_cpumap_ops;
extern const struct vouch_map_ops vouch_devmap_ops, vouch_devmap_hash_ops;
extern const struct vouch_map_ops vouch_ringbuf_ops;
extern const struct vouch_map_ops vouch_perf_event_array_ops;
extern const struct vouch_map_ops vouch_stack_trace_ops;
extern const struct vouch_map_ops vouch_cgroup_array_ops;
extern const struct vouch_map_ops vouch_array_of_maps_ops;
extern const struct vouch_map_ops vouch_hash_of_maps_ops;

/**
 * vouch_map_define() - read a map's definition from requirements.
 * @req: parsed requirements
 * @i: index of the map
 * @def: filled
 */
void vouch_map_define(const struct vouch_requirements_view *req, u32 i,
		      struct vouch_map_def *def);

/**
 * vouch_map_define_template() - the same of what the maps in a map are like.
 * @req: parsed requirements
 * @i: index of a map that holds maps
 * @def: filled
 */
void vouch_map_define_template(const struct vouch_requirements_view *req, u32 i,
			       struct vouch_map_def *def);

/**
 * vouch_map_shape_of() - what counts where a map is to be in another.
 * @def: a map's definition
 *
 * Return: its shape.
 */
struct vouch_map_shape vouch_map_shape_of(const struct vouch_map_def *def);

/**
 * vouch_map_check() - can a map be made here?
 * @def: its definition
 * @memory: raised by the bytes that it would occupy
 * @why: filled on error
 *
 * Return: 0 or -ENOEXEC.
 */
int vouch_map_check(const struct vouch_map_def *def, u64 *memory,
		    struct vouch_reason *why);

/**
 * vouch_map_new() - make a map.
 * @def: its definition
 * @data: value of the one entry, or NULL for zeroes
 * @why: filled on error
 *
 * Return: the map with one reference, or ERR_PTR(-ENOEXEC or -ENOMEM).
 */
struct vouch_map *vouch_map_new(const struct vouch_map_def *def,
				const void *data, struct vouch_reason *why);

/**
 * vouch_map_put() - drop a reference, and the map with the last one.
 * @map: the map, or NULL
 */
void vouch_map_put(struct vouch_map *map);

/**
 * vouch_map_shareable() - may a new image take this map over?
 * @map: a map of another image of the same slot
 * @def: what the new image wants
 *
 * Frozen and internal maps belong to one image's code; the others live on.
 *
 * Return: true if it may.
 */
bool vouch_map_shareable(const struct vouch_map *map,
			 const struct vouch_map_def *def);

/**
 * vouch_map_value() - address of the first value of an array.
 * @map: an array
 *
 * Return: the address.
 */
static inline u8 *vouch_map_value(const struct vouch_map *map)
{
	return map->block + map->def.array_value;
}

/**
 * vouch_map_is_percpu() - has each CPU a value of its own?
 * @def: a map's definition
 *
 * Return: true if so.
 */
bool vouch_map_is_percpu(const struct vouch_map_def *def);

/**
 * vouch_map_is_lru() - does a full map make room by itself?
 * @def: a map's definition
 *
 * Return: true if so.
 */
static inline bool vouch_map_is_lru(const struct vouch_map_def *def)
{
	return vouch_map_type_is_lru(def->type);
}

/**
 * vouch_map_value_size() - bytes of a value by the map's definition.
 * @map: the map
 *
 * Return: the number of bytes.
 */
u32 vouch_map_value_size(const struct vouch_map *map);

/**
 * vouch_map_io() - bytes of a value as user space exchanges it.
 * @map: the map
 *
 * Return: the number of bytes.
 */
u32 vouch_map_io(const struct vouch_map *map);

/**
 * vouch_map_memory() - bytes that all maps occupy.
 * @limit: if not NULL, set to what they may occupy
 *
 * Return: the number of bytes.
 */
u64 vouch_map_memory(u64 *limit);

#endif /* VOUCH_MAP_H */
