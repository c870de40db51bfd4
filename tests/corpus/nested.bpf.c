// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Maps whose values are maps: what is found in them, by whatever way the
 * kernel looks up there, and what programs do with what they found.
 */

#include "note.h"

#define KEYS 7 /* asked for in each, more than there are */

struct numbers {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u64);
};

struct sized {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP);
	__type(key, __u32);
	__type(value, __u64);
};

struct names {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
};

struct recent {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
};

struct each {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
};

struct line {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 2);
	__type(value, __u64);
};

#define OUTER(name, type_, n, inner, ...)           \
	struct {                                    \
		__uint(type, BPF_MAP_TYPE_##type_); \
		__uint(max_entries, n);             \
		__type(key, __u32);                 \
		__array(values, struct inner);      \
	} name SEC(".maps") = { .values = __VA_ARGS__ }

#define LIST(...)           \
	{                   \
		__VA_ARGS__ \
	}

struct numbers first SEC(".maps"), second SEC(".maps"), third SEC(".maps");
/* In none of them, before user space puts it there. */
struct numbers spare SEC(".maps");
struct names some SEC(".maps"), others SEC(".maps");
struct recent used SEC(".maps");
struct each cpus SEC(".maps");
struct line waiting SEC(".maps");
struct sized one SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 6);
	__uint(map_flags, BPF_F_INNER_MAP);
	__type(key, __u32);
	__type(value, __u64);
} six SEC(".maps");

OUTER(array_of_arrays, ARRAY_OF_MAPS, 5, numbers,
      LIST([0] = &first, [2] = &second, [4] = &first));
OUTER(hash_of_arrays, HASH_OF_MAPS, 3, numbers, LIST([2] = &third));
OUTER(array_of_hashes, ARRAY_OF_MAPS, 2, names, LIST([1] = &some));
OUTER(hash_of_hashes, HASH_OF_MAPS, 4, names, LIST([0] = &some, [1] = &others));
OUTER(array_of_recent, ARRAY_OF_MAPS, 1, recent, LIST([0] = &used));
OUTER(array_of_each, ARRAY_OF_MAPS, 1, each, LIST([0] = &cpus));
OUTER(hash_of_lines, HASH_OF_MAPS, 2, line, LIST([1] = &waiting));
/* Of different lengths: look-ups ask the map. */
OUTER(array_of_sized, ARRAY_OF_MAPS, 3, sized,
      LIST([0] = &one, [1] = (void *)&six));

static __always_inline void use_table(void *inner, __u32 from)
{
	__u32 key;
	__u64 i;

	for (i = 0; i < KEYS; i++) {
		__u64 *v, n = from + i;

		key = i;
		v = bpf_map_lookup_elem(inner, &key);
		note(v ? *v : ~0ull);
		if (v)
			*v += 3;
		note(bpf_map_update_elem(inner, &key, &n, BPF_EXIST));
		note(bpf_map_update_elem(inner, &key, &n, BPF_NOEXIST));
		if (i % 3 == 1)
			note(bpf_map_delete_elem(inner, &key));
	}
}

static __always_inline void use_queue(void *inner, __u32 from)
{
	__u64 value = from;

	note(bpf_map_push_elem(inner, &value, BPF_ANY));
	note(bpf_map_push_elem(inner, &value, BPF_ANY));
	note(bpf_map_pop_elem(inner, &value));
	note(value);
	note(bpf_map_peek_elem(inner, &value));
}

#define EXERCISE(outer, use)                                       \
	__attribute__((noinline)) int exercise_##outer(void)       \
	{                                                          \
		__u32 key;                                         \
		__u64 i;                                           \
                                                                   \
		for (i = 0; i < KEYS; i++) {                       \
			void *inner;                               \
                                                                   \
			key = i;                                   \
			inner = bpf_map_lookup_elem(&outer, &key); \
			note(!!inner);                             \
			if (inner)                                 \
				use(inner, 100 * i);               \
		}                                                  \
		return 0;                                          \
	}

EXERCISE(array_of_arrays, use_table)
EXERCISE(hash_of_arrays, use_table)
EXERCISE(array_of_hashes, use_table)
EXERCISE(hash_of_hashes, use_table)
EXERCISE(array_of_recent, use_table)
EXERCISE(array_of_each, use_table)
EXERCISE(hash_of_lines, use_queue)
EXERCISE(array_of_sized, use_table)

/* By a look-up of which the kernel does not know the map beforehand. */
__attribute__((noinline)) int either(__u32 which)
{
	__u32 key = 0;
	__u64 *v;
	void *inner = which & 1 ? bpf_map_lookup_elem(&array_of_arrays, &key)
				: bpf_map_lookup_elem(&hash_of_arrays, &key);

	if (!inner)
		return -1;
	v = bpf_map_lookup_elem(inner, &which);
	note(v ? *v : ~0ull);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

/* Of a CPU that is there, and of one that is not; whose value it is depends on
 * where this runs. */
__attribute__((noinline)) int each_cpu(__u32 which)
{
	void *map = which & 1 ? (void *)&cpus : (void *)&counts;
	__u32 key = which >> 1;

	note(!!bpf_map_lookup_percpu_elem(map, &key, 0));
	note(!!bpf_map_lookup_percpu_elem(map, &key, 4096));
	return 0;
}

SEC("xdp")
int nested(struct xdp_md *ctx)
{
	exercise_array_of_arrays();
	exercise_hash_of_arrays();
	exercise_array_of_hashes();
	exercise_hash_of_hashes();
	exercise_array_of_recent();
	exercise_array_of_each();
	exercise_hash_of_lines();
	exercise_array_of_sized();
	note(either(1));
	note(either(2));
	each_cpu(1);
	each_cpu(2);
	each_cpu(7);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
