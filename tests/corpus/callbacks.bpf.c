// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Calls of functions in all their kinds: by a helper for a number of times,
 * for each element of a map, static and global ones; and variables of every
 * section.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "map.h"

MAP(array, ARRAY, 5);
MAP(hash, HASH, 8);
MAP(percpu_array, PERCPU_ARRAY, 3);
MAP(percpu_hash, PERCPU_HASH, 4);
MAP(returned, ARRAY, 64);

struct bpf_map;

struct sum {
	__u64 total, calls, stop_at;
};

const volatile __u32 rounds = 7;
const volatile __s16 step = -3;
const volatile _Bool doubled = 0;
__u64 runs;
__s64 balance = -1000;
static volatile __u64 hidden = 5;

static __noinline void note(__u32 at, __u64 value)
{
	bpf_map_update_elem(&returned, &at, &value, BPF_ANY);
}

/* Global: verified by itself. */
__noinline __u32 mix(__u32 a, __u32 b)
{
	__u32 m = a * 31 + b;

	return m ^ m >> 7;
}

static long add(__u32 i, struct sum *s)
{
	s->total += mix(i, (__u32)s->total);
	s->calls++;
	return s->calls == s->stop_at;
}

static long outer(__u32 i, struct sum *s)
{
	struct sum inner = { .stop_at = 3 };

	bpf_loop(i, add, &inner, 0);
	s->total += inner.total;
	return 0;
}

static long each(struct bpf_map *map, __u32 *key, __u64 *value, struct sum *s)
{
	s->total += *key * 1000 + *value;
	s->calls++;
	*value += 1;
	return s->calls == s->stop_at;
}

/* Which elements of a hash map come first is not said. */
static long count(struct bpf_map *map, __u32 *key, __u64 *value, struct sum *s)
{
	s->calls++;
	return s->calls == s->stop_at;
}

static long empty(struct bpf_map *map, __u32 *key, __u64 *value, void *ctx)
{
	bpf_map_delete_elem(&hash, key);
	return 0;
}

static __noinline void loops(__u32 len)
{
	struct sum s = {};

	note(0, bpf_loop(rounds, add, &s, 0));
	note(1, s.total);
	s.stop_at = s.calls + 4;
	note(2, bpf_loop(100, add, &s, 0));
	note(3, bpf_loop(0, add, &s, 0));
	note(4, bpf_loop(1, add, &s, 1));
	note(5, bpf_loop((1 << 23) + 1, add, &s, 0));
	note(6, bpf_loop(len & 15, outer, &s, 0));
	note(7, s.total);
}

#define PUT(map, key, value)                          \
	do {                                          \
		__u64 v = value;                      \
		__u32 k = key;                        \
                                                      \
		bpf_map_update_elem(&map, &k, &v, 0); \
	} while (0)

#define EACH(map, base)                                                    \
	do {                                                               \
		struct sum s = {};                                         \
                                                                           \
		PUT(map, 0, base);                                         \
		PUT(map, 1, base + 7);                                     \
		PUT(map, 2, base * 2);                                     \
		note(base, bpf_for_each_map_elem(&map, each, &s, 0));      \
		note(base + 1, s.total);                                   \
		s.stop_at = s.calls + 2;                                   \
		note(base + 2, bpf_for_each_map_elem(&map, count, &s, 0)); \
		note(base + 3, bpf_for_each_map_elem(&map, each, &s, 1));  \
	} while (0)

SEC("xdp")
int callbacks(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;

	runs++;
	balance += step;
	hidden += doubled ? 2 : 1;
	loops(len);
	EACH(array, 8);
	EACH(hash, 16);
	EACH(percpu_array, 24);
	EACH(percpu_hash, 32);
	note(40, bpf_for_each_map_elem(&hash, empty, 0, 0));
	note(41, bpf_for_each_map_elem(&hash, each, &(struct sum){}, 0));
	note(42, hidden);
	return mix(len, runs) & 1 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
