// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bloom filters, with the meaning of kernel/bpf/bloom_filter.c: bits that the
 * values that were put in have set. A value is certainly not in one if one of
 * its bits is not set. How many bits there are, and which of them are a
 * value's, is as there, so that with BPF_F_ZERO_SEED the same values are
 * mistaken for ones that were put in.
 */

#include <linux/bitops.h>
#include <linux/bpf.h>
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/random.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/bloom.h"

#define DEFAULT_HASHES 5

struct vouch_bloom {
	u32 mask; /* number of bits - 1 */
	u32 seed;
	u32 n_hashes;
	unsigned long bits[];
};

static u32 n_hashes(const struct vouch_map_def *def)
{
	return def->extra ? def->extra : DEFAULT_HASHES;
}

/* A power of two: entries * hashes / ln 2, of which 7 / 5 is near enough. */
static u64 n_bits(const struct vouch_map_def *def)
{
	u32 n;

	if (check_mul_overflow(def->max_entries, n_hashes(def), &n) ||
	    check_mul_overflow(n / 5, 7u, &n) || n > 1u << 31)
		return 1ull << 32;
	return n <= BITS_PER_LONG ? BITS_PER_LONG : roundup_pow_of_two(n);
}

static int check(const struct vouch_map_def *def)
{
	return def->key_size || def->extra > VOUCH_MAX_BLOOM_HASHES ? -EINVAL
								    : 0;
}

static u64 bloom_len(const struct vouch_map_def *def)
{
	return sizeof(struct vouch_bloom) + n_bits(def) / BITS_PER_BYTE;
}

static u64 memory(const struct vouch_map_def *def)
{
	return def->array_value + bloom_len(def);
}

static void release(struct vouch_map *map)
{
	vfree(map->bloom);
	vfree(map->block);
}

static int init(struct vouch_map *map)
{
	struct vouch_bloom *b = vzalloc(bloom_len(&map->def));

	map->bloom = b;
	map->block = vzalloc(map->def.array_value);
	if (!b || !map->block) {
		release(map);
		return -ENOMEM;
	}
	b->mask = n_bits(&map->def) - 1;
	b->n_hashes = n_hashes(&map->def);
	if (!(map->def.map_flags & BPF_F_ZERO_SEED))
		b->seed = get_random_u32();
	return 0;
}

/* The number of the bit that a hash function takes for a value. */
static __always_inline u32 bit_of(const struct vouch_map *map,
				  const void *value, u32 n)
{
	u32 size = map->def.value_size, seed = map->bloom->seed + n, hash;

	if (size % sizeof(u32))
		hash = jhash(value, size, seed);
	else
		hash = jhash2(value, size / sizeof(u32), seed);
	return hash & map->bloom->mask;
}

vouch_untraced long vouch_bloom_push(struct vouch_map *map, void *value,
				     u64 flags)
{
	struct vouch_bloom *b = map->bloom;
	u32 i, bit;

	if (flags != BPF_ANY)
		return -EINVAL;
	for (i = 0; i < b->n_hashes; i++) {
		bit = bit_of(map, value, i);
		set_bit(bit % BITS_PER_LONG, b->bits + BIT_WORD(bit));
	}
	return 0;
}

vouch_untraced long vouch_bloom_peek(struct vouch_map *map, void *value)
{
	struct vouch_bloom *b = map->bloom;
	u32 i, bit;

	for (i = 0; i < b->n_hashes; i++) {
		bit = bit_of(map, value, i);
		if (!test_bit(bit % BITS_PER_LONG, b->bits + BIT_WORD(bit)))
			return -ENOENT;
	}
	return 0;
}

static vouch_untraced long pop(struct vouch_map *map, void *value)
{
	return -EOPNOTSUPP;
}

static vouch_untraced long remove(struct vouch_map *map, void *key)
{
	return -EOPNOTSUPP;
}

static int copy(struct vouch_map *map, void *key, void *value)
{
	return vouch_bloom_peek(map, value);
}

static int store(struct vouch_map *map, void *key, void *value, u64 flags)
{
	return vouch_bloom_push(map, value, flags);
}

/* Nobody knows how many values the bits are of. */
static u32 count(struct vouch_map *map)
{
	return 0;
}

const struct vouch_map_ops vouch_bloom_filter_ops = {
	.type = BPF_MAP_TYPE_BLOOM_FILTER,
	.name = "bloom_filter",
	.map_flags = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
		     BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED,
	.keyless = true,
	.asked = true,
	.check = check,
	.memory = memory,
	.init = init,
	.free = release,
	.lookup = vouch_absent_lookup,
	.update = vouch_absent_update,
	.remove = remove,
	.push = vouch_bloom_push,
	.pop = pop,
	.peek = vouch_bloom_peek,
	.for_each = vouch_absent_for_each,
	.copy = copy,
	.store = store,
	.next_key = vouch_absent_next_key,
	.count = count,
};
