// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Maps that make room. Which of the elements that are not in use goes is the
 * kernel's affair; this writes down what a program may rely on: what operations
 * return, that what was just put in is there, that what is looked up all the
 * time stays, that values are those of their keys, and how many there are.
 */

#include "note.h"

#define FEW 8
#define MANY 1000
#define TIMES 4 /* as many keys as a map has room for */
#define HOT 0x10000
#define VALUE(key) ((key)*0x9e3779b97f4a7c15ull)

MAP(roomy, LRU_HASH, 64);
MAP(roomy_percpu, LRU_PERCPU_HASH, 64);
/* In the kernel each CPU has a list of its own, of a share of the entries. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_COMMON_LRU);
	__type(key, __u32);
	__type(value, __u64);
} shares SEC(".maps");
MAP(few, LRU_HASH, FEW);
MAP(few_percpu, LRU_PERCPU_HASH, FEW);
MAP(many, LRU_HASH, MANY);
MAP(many_percpu, LRU_PERCPU_HASH, MANY);
MAP(one, LRU_HASH, 1);

/* Each operation, in an order that meets every error of its kind. */
#define EXERCISE(map)                                                         \
	do {                                                                  \
		__u64 v = 5, *p;                                              \
		__u32 i, k;                                                   \
                                                                              \
		for (i = 0; i < 6; i++) {                                     \
			k = i;                                                \
			v = VALUE(i);                                         \
			note(bpf_map_update_elem(&map, &k, &v, BPF_NOEXIST)); \
		}                                                             \
		k = 1;                                                        \
		note(bpf_map_update_elem(&map, &k, &v, BPF_NOEXIST));         \
		note(bpf_map_update_elem(&map, &k, &v, BPF_EXIST));           \
		p = bpf_map_lookup_elem(&map, &k);                            \
		note(p ? *p : -1ull);                                         \
		note(bpf_map_update_elem(&map, &k, &v, 77));                  \
		note(bpf_map_delete_elem(&map, &k));                          \
		note(bpf_map_delete_elem(&map, &k));                          \
		note(bpf_map_update_elem(&map, &k, &v, BPF_EXIST));           \
		note(!bpf_map_lookup_elem(&map, &k));                         \
		note(bpf_map_update_elem(&map, &k, &v, BPF_ANY));             \
		k = 5000;                                                     \
		note(!bpf_map_lookup_elem(&map, &k));                         \
		note(bpf_map_delete_elem(&map, &k));                          \
		note(bpf_map_update_elem(&map, &k, &v, BPF_F_LOCK));          \
	} while (0)

struct tally {
	__u64 failed, lost, cold; /* of keys that came and went */
	__u64 n, wrong; /* of elements that are there in the end */
};

static long look_at(void *map, __u32 *key, __u64 *value, struct tally *t)
{
	t->n++;
	if (*value != VALUE(*key))
		t->wrong++;
	return 0;
}

/* Far more keys than there is room for, one of them used all the time. */
#define OVERFLOW(map, size)                                                    \
	static long put_##map(__u32 i, struct tally *t)                        \
	{                                                                      \
		__u64 v = VALUE(i), *p;                                        \
		__u32 k = HOT;                                                 \
                                                                               \
		p = bpf_map_lookup_elem(&map, &k);                             \
		t->lost += !p || *p != VALUE(HOT);                             \
		k = i;                                                         \
		t->failed += !!bpf_map_update_elem(&map, &k, &v, BPF_NOEXIST); \
		return 0;                                                      \
	}                                                                      \
                                                                               \
	static long last_##map(__u32 k)                                        \
	{                                                                      \
		__u64 *p = bpf_map_lookup_elem(&map, &k);                      \
                                                                               \
		return p && *p == VALUE(k);                                    \
	}                                                                      \
                                                                               \
	static long find_##map(__u32 i, struct tally *t)                       \
	{                                                                      \
		t->cold += !!bpf_map_lookup_elem(&map, &i);                    \
		return 0;                                                      \
	}                                                                      \
                                                                               \
	__attribute__((noinline)) int overflow_##map(void)                     \
	{                                                                      \
		struct tally t = {};                                           \
		__u64 v = VALUE(HOT);                                          \
		__u32 k = HOT;                                                 \
                                                                               \
		note(bpf_map_update_elem(&map, &k, &v, BPF_ANY));              \
		bpf_loop(TIMES *(size), put_##map, &t, 0);                     \
		note(t.failed);                                                \
		note(t.lost);                                                  \
		note(last_##map(TIMES *(size)-1));                             \
		bpf_for_each_map_elem(&map, look_at, &t, 0);                   \
		note(t.n > 1 && t.n <= (size));                                \
		note(t.wrong);                                                 \
		bpf_loop(TIMES *(size), find_##map, &t, 0);                    \
		note(t.cold > 0 && t.cold < (size));                           \
		note(!bpf_map_lookup_elem(&map, &k));                          \
		note(bpf_map_update_elem(&map, &k, &v, BPF_EXIST));            \
		note(!bpf_map_lookup_elem(&map, &k));                          \
		note(bpf_map_update_elem(&map, &k, &v, 3));                    \
		note(bpf_map_delete_elem(&map, &k));                           \
		note(bpf_map_delete_elem(&map, &k));                           \
		return 0;                                                      \
	}

OVERFLOW(few, FEW)
OVERFLOW(few_percpu, FEW)
OVERFLOW(many, MANY)
OVERFLOW(many_percpu, MANY)

__attribute__((noinline)) int exercise(void)
{
	EXERCISE(roomy);
	EXERCISE(roomy_percpu);
	EXERCISE(shares);
	return 0;
}

/* Where there is room for one, the new one has it. */
__attribute__((noinline)) int only_one(void)
{
	__u64 v, *p;
	__u32 i, k;

	for (i = 0; i < 20; i++) {
		k = i;
		v = VALUE(i);
		note(bpf_map_update_elem(&one, &k, &v, BPF_ANY));
		p = bpf_map_lookup_elem(&one, &k);
		note(p ? *p : -1ull);
	}
	k = 3;
	note(!bpf_map_lookup_elem(&one, &k));
	return 0;
}

/* This CPU's values, by its number and by number alone. */
__attribute__((noinline)) int by_cpu(void)
{
	__u32 k = 2, cpu;
	__u64 sum = 0, *p;

	for (cpu = 0; cpu < 4; cpu++) {
		p = bpf_map_lookup_percpu_elem(&roomy_percpu, &k, cpu);
		sum += p ? *p : 0;
	}
	note(sum);
	note(!bpf_map_lookup_percpu_elem(&roomy_percpu, &k, 100000));
	k = 999;
	note(!bpf_map_lookup_percpu_elem(&roomy_percpu, &k, 0));
	return 0;
}

SEC("xdp")
int lru(struct xdp_md *ctx)
{
	exercise();
	overflow_few();
	overflow_few_percpu();
	overflow_many();
	overflow_many_percpu();
	only_one();
	by_cpu();
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
