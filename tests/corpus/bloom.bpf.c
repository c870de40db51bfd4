// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bloom filters. Those without a seed of chance mistake the same values for
 * ones that were put in wherever they run; of the others a program may rely on
 * this alone: what was put in is there.
 */

#include "note.h"

#define PUT 100 /* values */
#define ASKED 832
#define WORD 64 /* answers in one note */

#define BLOOM(name, type_, n, hashes, flags)             \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_BLOOM_FILTER); \
		__uint(max_entries, n);                  \
		__uint(map_extra, hashes);               \
		__uint(map_flags, flags);                \
		__type(value, type_);                    \
	} name SEC(".maps")

struct odd {
	__u8 bytes[13];
};

struct wide {
	__u32 words[5];
};

BLOOM(plain, __u64, PUT, 0, BPF_F_ZERO_SEED);
BLOOM(sparse, __u32, PUT, 1, BPF_F_ZERO_SEED);
BLOOM(odd, struct odd, PUT, 3, BPF_F_ZERO_SEED);
BLOOM(wide, struct wide, PUT, 15, BPF_F_ZERO_SEED);
BLOOM(byte, __u8, 7, 4, BPF_F_ZERO_SEED);
BLOOM(small, __u64, 1, 0, BPF_F_ZERO_SEED);
BLOOM(seeded, __u64, PUT, 0, 0);
BLOOM(seeded_odd, struct odd, PUT, 7, 0);

struct asked {
	__u64 answers, lost, mistaken;
	__u32 next; /* value */
};

/* Not on the stack: the verifier takes the first call of a callback for all. */
struct asked asked;

static __always_inline void make(void *value, __u32 len, __u32 i)
{
	__u64 bits = (i + 1) * 0x9e3779b97f4a7c15ull;

	__builtin_memset(value, 0, len);
	__builtin_memcpy(value, &bits, len < 8 ? len : 8);
	if (len > 8)
		*((__u8 *)value + len - 1) = i;
}

#define CALLBACKS(map, type)                                           \
	static long put_##map(__u32 i, void *ctx)                      \
	{                                                              \
		type v;                                                \
                                                                       \
		make(&v, sizeof(v), i);                                \
		*(__u64 *)ctx += bpf_map_push_elem(&map, &v, BPF_ANY); \
		return 0;                                              \
	}                                                              \
                                                                       \
	static long ask_##map(__u32 n, void *ctx)                      \
	{                                                              \
		__u32 i = asked.next++;                                \
		long answer;                                           \
		type v;                                                \
                                                                       \
		make(&v, sizeof(v), i);                                \
		answer = bpf_map_peek_elem(&map, &v);                  \
		asked.answers = asked.answers << 1 | !answer;          \
		asked.lost += i < PUT && answer;                       \
		asked.mistaken += i >= PUT && !answer;                 \
		return 0;                                              \
	}

/* What each value is answered, as bits. */
#define EXERCISE(map, type)                                     \
	CALLBACKS(map, type)                                    \
                                                                \
	static long answers_##map(__u32 n, void *ctx)           \
	{                                                       \
		bpf_loop(WORD, ask_##map, 0, 0);                \
		note(asked.answers);                            \
		return 0;                                       \
	}                                                       \
                                                                \
	__attribute__((noinline)) int exercise_##map(void)      \
	{                                                       \
		__u64 failed = 0;                               \
		type v;                                         \
                                                                \
		asked = (struct asked){};                       \
		make(&v, sizeof(v), 1);                         \
		note(bpf_map_peek_elem(&map, &v));              \
		note(bpf_map_push_elem(&map, &v, BPF_NOEXIST)); \
		note(bpf_map_push_elem(&map, &v, BPF_EXIST));   \
		note(bpf_map_push_elem(&map, &v, BPF_F_LOCK));  \
		note(bpf_map_push_elem(&map, &v, 1ull << 40));  \
		note(bpf_map_peek_elem(&map, &v));              \
		bpf_loop(PUT, put_##map, &failed, 0);           \
		note(failed);                                   \
		bpf_loop(ASKED / WORD, answers_##map, 0, 0);    \
		note(asked.lost);                               \
		note(asked.mistaken);                           \
		return 0;                                       \
	}

EXERCISE(plain, __u64)
EXERCISE(sparse, __u32)
EXERCISE(odd, struct odd)
EXERCISE(wide, struct wide)
EXERCISE(byte, __u8)
EXERCISE(small, __u64)

/* Of those with a seed it is chance. */
#define EXERCISE_SEEDED(map, type)                         \
	CALLBACKS(map, type)                               \
                                                           \
	__attribute__((noinline)) int exercise_##map(void) \
	{                                                  \
		__u64 failed = 0;                          \
                                                           \
		asked = (struct asked){};                  \
		bpf_loop(PUT, put_##map, &failed, 0);      \
		note(failed);                              \
		bpf_loop(ASKED, ask_##map, 0, 0);          \
		note(asked.lost);                          \
		note(asked.mistaken < (ASKED - PUT) / 4);  \
		return 0;                                  \
	}

EXERCISE_SEEDED(seeded, __u64)
EXERCISE_SEEDED(seeded_odd, struct odd)

/* What user space put in before. */
__attribute__((noinline)) int given(void)
{
	__u64 v = 0x1122334455667788;

	note(bpf_map_peek_elem(&plain, &v));
	note(bpf_map_peek_elem(&seeded, &v));
	v++;
	note(bpf_map_peek_elem(&plain, &v));
	return 0;
}

SEC("xdp")
int bloom(struct xdp_md *ctx)
{
	given();
	exercise_plain();
	exercise_sparse();
	exercise_odd();
	exercise_wide();
	exercise_byte();
	exercise_small();
	exercise_seeded();
	exercise_seeded_odd();
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
