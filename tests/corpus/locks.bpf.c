// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Values with locks: what updates with and without BPF_F_LOCK return and leave,
 * with each flag, in maps that have locks and in ones that have none. Each
 * value that is put in has something in the place of its lock: were it copied,
 * whoever takes the lock would wait for ever.
 */

#include "note.h"

#define TAKEN 0xdeadbeef
#define KEYS 3
#define FLAGS 10

struct inside {
	__u64 first;
	__u32 word;
	struct bpf_spin_lock lock;
	__u8 last[13];
};

struct ahead {
	struct bpf_spin_lock lock;
	__u32 word;
};

struct behind {
	__u64 first;
	__u32 word;
	struct bpf_spin_lock lock;
};

#define LOCKED(name, kind, n, value_, flags)       \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_##kind); \
		__uint(max_entries, n);            \
		__uint(map_flags, flags);          \
		__type(key, __u32);                \
		__type(value, value_);             \
	} name SEC(".maps")

LOCKED(array, ARRAY, 4, struct inside, 0);
LOCKED(array_ahead, ARRAY, 3, struct ahead, 0);
LOCKED(hash, HASH, 4, struct inside, 0);
LOCKED(hash_behind, HASH, 2, struct behind, BPF_F_NO_PREALLOC);
MAP(no_array, ARRAY, 4);
MAP(no_hash, HASH, 4);
MAP(no_percpu_array, PERCPU_ARRAY, 4);
MAP(no_percpu_hash, PERCPU_HASH, 4);
/* So many that no CPU has to take another one's, and so none is given up. */
MAP(no_lru, LRU_HASH, 1024);

/* A lock among variables. */
struct bpf_spin_lock guard;
__u64 guarded;

__u64 seen; /* sum, since hashes have no order */

/* Global, so that the verifier goes through each once. */
#define STEP(map, type)                                                \
	__attribute__((noinline)) int step_##map(__u32 k, __u64 flags) \
	{                                                              \
		type v = { .word = 100 * flags + k };                  \
		type *p;                                               \
		__u32 word;                                            \
                                                                       \
		v.lock.val = TAKEN;                                    \
		note(bpf_map_update_elem(&map, &k, &v, flags));        \
		p = bpf_map_lookup_elem(&map, &k);                     \
		if (!p) {                                              \
			note(-1);                                      \
			return 0;                                      \
		}                                                      \
		bpf_spin_lock(&p->lock);                               \
		word = p->word++;                                      \
		bpf_spin_unlock(&p->lock);                             \
		note(word);                                            \
		return 0;                                              \
	}                                                              \
                                                                       \
	static long see_##map(void *m, __u32 *k, type *v, void *ctx)   \
	{                                                              \
		seen += (__u64)*k << 32 | v->word;                     \
		return 0;                                              \
	}                                                              \
                                                                       \
	__attribute__((noinline)) int all_##map(void)                  \
	{                                                              \
		__u32 flags, k;                                        \
                                                                       \
		for (flags = 0; flags < FLAGS; flags++)                \
			for (k = 0; k < KEYS; k++)                     \
				step_##map(3 * k, flags);              \
		step_##map(0, 1ull << 32);                             \
		step_##map(0, 1ull << 32 | BPF_F_LOCK);                \
		seen = 0;                                              \
		bpf_for_each_map_elem(&map, see_##map, 0, 0);          \
		note(seen);                                            \
		k = 3;                                                 \
		note(bpf_map_delete_elem(&map, &k));                   \
		note(bpf_map_delete_elem(&map, &k));                   \
		step_##map(k, BPF_F_LOCK | BPF_EXIST);                 \
		step_##map(k, BPF_F_LOCK | BPF_NOEXIST);               \
		step_##map(k, BPF_F_LOCK | BPF_NOEXIST);               \
		return 0;                                              \
	}

STEP(array, struct inside)
STEP(array_ahead, struct ahead)
STEP(hash, struct inside)
STEP(hash_behind, struct behind)

#define STEP_WITHOUT(map)                                              \
	__attribute__((noinline)) int step_##map(__u32 k, __u64 flags) \
	{                                                              \
		__u64 v = 100 * flags + k;                             \
                                                                       \
		note(bpf_map_update_elem(&map, &k, &v, flags));        \
		return 0;                                              \
	}                                                              \
                                                                       \
	__attribute__((noinline)) int all_##map(void)                  \
	{                                                              \
		__u32 flags, k;                                        \
                                                                       \
		for (flags = 0; flags < FLAGS; flags++)                \
			for (k = 0; k < KEYS; k++)                     \
				step_##map(3 * k, flags);              \
		step_##map(0, 1ull << 32);                             \
		return 0;                                              \
	}

STEP_WITHOUT(no_array)
STEP_WITHOUT(no_hash)
STEP_WITHOUT(no_percpu_array)
STEP_WITHOUT(no_percpu_hash)
STEP_WITHOUT(no_lru)

/* What user space put in, with a lock that seemed to be taken. */
__attribute__((noinline)) int given(void)
{
	struct bpf_spin_lock *lock;
	struct inside *p;
	__u32 k = 2;

	p = bpf_map_lookup_elem(&array, &k);
	if (p) {
		bpf_spin_lock(&p->lock);
		k = p->word;
		bpf_spin_unlock(&p->lock);
		note(k);
	}
	k = 77;
	p = bpf_map_lookup_elem(&hash, &k);
	if (p) {
		bpf_spin_lock(&p->lock);
		k = p->word;
		bpf_spin_unlock(&p->lock);
		note(k);
	}
	/* The verifier takes each address in the code for another lock. */
	lock = &guard;
	asm volatile("" : "+r"(lock));
	bpf_spin_lock(lock);
	guarded += k;
	bpf_spin_unlock(lock);
	note(guarded);
	return 0;
}

SEC("xdp")
int locks(struct xdp_md *ctx)
{
	given();
	all_array();
	all_array_ahead();
	all_hash();
	all_hash_behind();
	all_no_array();
	all_no_hash();
	all_no_percpu_array();
	all_no_percpu_hash();
	all_no_lru();
	return XDP_PASS;
}

/* The same locks, by a program of another type. */
SEC("tc")
int locks_tc(struct __sk_buff *ctx)
{
	given();
	all_hash();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
