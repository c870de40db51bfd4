// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes down what operations of queues, stacks, tries and maps of interfaces
 * and CPUs return, errors included, as the program sees it: 64 bits of r0.
 */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define N 600 /* of what is written down */

struct prefix {
	__u32 bits;
	__u8 data[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, N);
	__type(key, __u32);
	__type(value, __u64);
} returned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 3);
	__type(value, __u32);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 3);
	__type(value, __u32);
} stack SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 11);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u64);
} trie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} percpu_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} devmap SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bpf_devmap_val));
} devmap_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} cpumap SEC(".maps");

static __u32 at;

static __always_inline void note(__u64 value)
{
	__u32 key = at++;

	bpf_map_update_elem(&returned, &key, &value, BPF_ANY);
}

/* Each operation with each flag, on an empty map, a full one and between. */
#define EXERCISE(map)                                                 \
	do {                                                          \
		__u32 v = 7, i;                                       \
                                                                      \
		note(bpf_map_peek_elem(&map, &v) << 32 | v);          \
		v = 7;                                                \
		note(bpf_map_pop_elem(&map, &v) << 32 | v);           \
		for (i = 0; i < 5; i++) {                             \
			v = 100 + i;                                  \
			note(bpf_map_push_elem(&map, &v, BPF_ANY));   \
		}                                                     \
		note(bpf_map_push_elem(&map, &v, BPF_NOEXIST));       \
		note(bpf_map_push_elem(&map, &v, 3));                 \
		note(bpf_map_push_elem(&map, &v, 8));                 \
		v = 200;                                              \
		note(bpf_map_push_elem(&map, &v, BPF_EXIST));         \
		for (i = 0; i < 5; i++) {                             \
			note(bpf_map_peek_elem(&map, &v) << 32 | v);  \
			note(bpf_map_pop_elem(&map, &v) << 32 | v);   \
		}                                                     \
		for (i = 0; i < 2; i++) {                             \
			v = 300 + i;                                  \
			note(bpf_map_push_elem(&map, &v, BPF_EXIST)); \
		}                                                     \
		note(bpf_map_pop_elem(&map, &v) << 32 | v);           \
	} while (0)

#define PREFIX(bits, a, b, c, d) ((struct prefix){ bits, { a, b, c, d } })

#define N_PREFIXES 16

static const struct prefix prefixes[N_PREFIXES] = {
	PREFIX(16, 10, 1, 0, 0),   PREFIX(24, 10, 1, 2, 0),
	PREFIX(8, 10, 0, 0, 0),	   PREFIX(32, 10, 1, 2, 3),
	PREFIX(25, 10, 1, 2, 128), PREFIX(17, 10, 2, 128, 0),
	PREFIX(16, 10, 1, 9, 9),   PREFIX(0, 1, 1, 1, 1),
	PREFIX(12, 172, 16, 0, 0), PREFIX(9, 10, 128, 0, 0),
	PREFIX(33, 10, 1, 2, 3),   PREFIX(31, 10, 1, 2, 2),
	PREFIX(32, 10, 1, 2, 200), PREFIX(32, 10, 1, 200, 200),
	PREFIX(20, 10, 1, 2, 0),   PREFIX(32, 192, 168, 0, 1),
};

/* Global, so that the verifier goes through it once. */
__attribute__((noinline)) int look_up(__u32 i)
{
	struct prefix p;
	__u64 *value;

	if (i >= N_PREFIXES)
		return 0;
	p = prefixes[i];
	value = bpf_map_lookup_elem(&trie, &p);
	note(value ? *value : -1ull);
	return 0;
}

static __always_inline void look_up_all(void)
{
	__u32 i;

	for (i = 0; i < N_PREFIXES; i++)
		look_up(i);
}

static __always_inline void update(__u32 i, __u64 flags)
{
	struct prefix p = prefixes[i];
	__u64 value = 1000 + i;

	note(bpf_map_update_elem(&trie, &p, &value, flags));
}

static __always_inline void exercise_trie(void)
{
	struct prefix p;
	__u32 i;

	look_up(0);
	update(0, BPF_EXIST);
	update(0, 4);
	for (i = 0; i < N_PREFIXES; i++) {
		update(i, i & 1 ? BPF_NOEXIST : BPF_ANY);
		look_up_all();
	}
	update(1, BPF_NOEXIST);
	update(1, BPF_EXIST);
	/* Some stay for user space to walk over. */
	for (i = 0; i < N_PREFIXES; i += 2) {
		p = prefixes[i];
		note(bpf_map_delete_elem(&trie, &p));
		note(bpf_map_delete_elem(&trie, &p));
		look_up_all();
	}
}

__attribute__((noinline)) int exercise_percpu(void)
{
	__u64 v = 5, *p;
	__u32 key = 1, cpu;

	note(bpf_map_update_elem(&percpu_hash, &key, &v, BPF_ANY));
	for (cpu = 0; cpu < 2; cpu++) {
		p = bpf_map_lookup_percpu_elem(&percpu_array, &key, cpu);
		if (p)
			note(*p = cpu + 1);
		p = bpf_map_lookup_percpu_elem(&percpu_hash, &key, cpu);
		if (p)
			note(*p = cpu + 1);
	}
	note(!bpf_map_lookup_percpu_elem(&percpu_array, &key, 100000));
	note(!bpf_map_lookup_percpu_elem(&percpu_hash, &key, 100000));
	key = 5;
	note(!bpf_map_lookup_percpu_elem(&percpu_array, &key, 0));
	note(!bpf_map_lookup_percpu_elem(&percpu_hash, &key, 0));
	return 0;
}

/* Entries that are there and such that are not, with each flag. */
#define REDIRECT(map)                                                   \
	do {                                                            \
		__u32 i, flags;                                         \
                                                                        \
		for (i = 0; i < 5; i++)                                 \
			for (flags = 0; flags < 40; flags += 3)         \
				note(bpf_redirect_map(&map, i, flags)); \
		note(bpf_redirect_map(&map, 0, 1ull << 40));            \
	} while (0)

__attribute__((noinline)) int look_up_dev(__u32 key)
{
	struct bpf_devmap_val *value;
	__u32 *index;

	index = bpf_map_lookup_elem(&devmap, &key);
	note(index ? *index : -1ull);
	value = bpf_map_lookup_elem(&devmap_hash, &key);
	note(value ? value->ifindex : -1ull);
	note(value ? value->bpf_prog.id : -1ull);
	return 0;
}

SEC("xdp")
int map_more(struct xdp_md *ctx)
{
	__u32 i;

	at = 0;
	EXERCISE(queue);
	EXERCISE(stack);
	exercise_percpu();
	for (i = 0; i < 5; i++)
		look_up_dev(i);
	REDIRECT(devmap);
	REDIRECT(devmap_hash);
	REDIRECT(cpumap);
	return bpf_redirect_map(&devmap, 1, XDP_PASS);
}

SEC("xdp")
int map_tries(struct xdp_md *ctx)
{
	at = 0;
	exercise_trie();
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
