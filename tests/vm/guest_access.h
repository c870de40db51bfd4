/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of accesses share: programs by hand, lists by hand. */
#ifndef GUEST_ACCESS_H
#define GUEST_ACCESS_H

#include <linux/bpf.h>
#include <stddef.h>

#include "guest-verifier/agent/guest.h"
#include "guest_test.h"
#include "retarget.h"

#define VOUCH_TEST_LOG_SIZE 65536
#define MAX_FOUND 32
#define N(insns) (sizeof(insns) / sizeof(*(insns)))

#define LOAD(size, dst, src, o)                                       \
	{                                                             \
		.code = BPF_LDX | BPF_MEM | (size), .dst_reg = (dst), \
		.src_reg = (src), .off = (o)                          \
	}
#define STORE(size, dst, o, src)                                      \
	{                                                             \
		.code = BPF_STX | BPF_MEM | (size), .dst_reg = (dst), \
		.src_reg = (src), .off = (o)                          \
	}
#define MOVE(dst, src)                                                 \
	{                                                              \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (dst), \
		.src_reg = (src)                                       \
	}
#define MOVE_K(dst, k)                                                 \
	{                                                              \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (dst), \
		.imm = (k)                                             \
	}
#define ADD_K(dst, k)                                                  \
	{                                                              \
		.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (dst), \
		.imm = (k)                                             \
	}
#define JUMP_ZERO(dst, o)                                            \
	{                                                            \
		.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = (dst), \
		.off = (o)                                           \
	}
#define CALL(id)                                        \
	{                                               \
		.code = BPF_JMP | BPF_CALL, .imm = (id) \
	}
#define EXIT                               \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}
#define SKB(field) ((short)offsetof(struct __sk_buff, field))
#define SK(field) ((short)offsetof(struct bpf_sock, field))

/* What was taken of one program. */
struct vouch_test_taken {
	struct vouch_guest_records records;
	const struct vouch_access *found[MAX_FOUND];
	u32 n;
	const struct bpf_insn *insns;
	u32 n_insns;
};

/* Buffers of verifier logs: of the load that is armed, and of others. */
extern char vouch_test_log[VOUCH_TEST_LOG_SIZE];
extern char vouch_test_other_log[VOUCH_TEST_LOG_SIZE];

static inline const struct bpf_insn *sequence(const struct vouch_access *a)
{
	return (const void *)(a + 1);
}

/* A list that has what the kernel itself has chosen, for a start. */
struct vouch_test_list {
	u8 buf[8192];
	size_t size;
	struct vouch_replacement *heads[MAX_FOUND];
	u32 n;
};

static inline struct bpf_insn *replaced(struct vouch_test_list *list, u32 i)
{
	return (struct bpf_insn *)(list->heads[i] + 1);
}

/* Arm, load, take; an error is in t->records.why. */
int vouch_test_take(u32 type, const struct bpf_insn *insns, u32 n,
		    const void *list, size_t list_size,
		    struct vouch_test_taken *t);

void vouch_test_release(struct vouch_test_taken *t);

/* Does the sequence of each access stand in the bytecode, in that order? */
bool vouch_test_stand_there(const struct vouch_test_taken *t);

/* Add one access to a list; make a list of all. */
void vouch_test_add(struct vouch_test_list *list, const struct vouch_access *a);
void vouch_test_make_list(struct vouch_test_list *list,
			  const struct vouch_test_taken *t);

/* Where a field lies in the running kernel. */
u32 vouch_test_offset(const char *structure, const char *field);

/* Packet writers, sockets, structures. */
void vouch_test_access_kinds(void);

#endif /* GUEST_ACCESS_H */
