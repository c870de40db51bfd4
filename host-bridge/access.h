/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses of a capture: loads and stores that a kernel converts, and what is
 * in the place of each.
 */
#ifndef VOUCH_ACCESS_H
#define VOUCH_ACCESS_H

#include <linux/bpf.h>

#include "../common/capture.h"
#include "refusal.h"

/* A sequence, and the shift and the mask of a narrow load. */
#define VOUCH_EXPANSION_MAX (VOUCH_MAX_SEQUENCE + 2)

/* Instructions in the place of one. */
struct vouch_expansion {
	struct bpf_insn insns[VOUCH_EXPANSION_MAX];
	u32 n;
};

#define VOUCH_BPF_PROBE_MEM 0x20 /* the kernel's own mode of a load */
#define VOUCH_N_REGS 12 /* r0 to r10, and the one that the kernel keeps */

/* Does it work on 64 bits of its registers? */
static inline bool vouch_insn_is_64bit(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64 ||
	       BPF_CLASS(insn->code) == BPF_JMP;
}

static inline bool vouch_insn_is_branch(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL &&
	       op != BPF_EXIT;
}

static inline bool vouch_insn_is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* Bytes that a load or store moves. */
static inline u32 vouch_insn_bytes(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/**
 * vouch_access_insn() - an instruction as it lies in a capture.
 * @insns: instructions of VOUCH_INSN_LEN bytes
 * @i: which
 *
 * Return: the instruction.
 */
static inline struct bpf_insn vouch_access_insn(const u8 *insns, u32 i)
{
	struct bpf_insn insn;

	_Static_assert(sizeof(insn) == VOUCH_INSN_LEN, "as in memory");
	memcpy(&insn, insns + (size_t)i * VOUCH_INSN_LEN, sizeof(insn));
	return insn;
}

/**
 * vouch_access_widen() - the access that the kernel converts.
 * @a: the access
 *
 * A load of a part of a field is converted as one of the whole field.
 *
 * Return: the instruction, with offset and size of the field.
 */
struct bpf_insn vouch_access_widen(const struct vouch_access *a);

/**
 * vouch_access_expand() - what the kernel puts in the place of an access.
 * @a: the access
 * @insns: @n instructions, as its conversion gave them
 * @n: 1 to VOUCH_MAX_SEQUENCE
 * @target_size: bytes that the last load has, as its conversion said
 * @out: set to these and, where a part of a field is loaded from a larger one,
 *	shift and mask; of a prologue without the program's first instruction
 */
void vouch_access_expand(const struct vouch_access *a, const u8 *insns, u32 n,
			 u32 target_size, struct vouch_expansion *out);

/**
 * vouch_access_check() - do a program's accesses agree with themselves?
 * @prog: the program
 * @why: filled on refusal
 *
 * Each is a load or store of the kind that its base may have; each load from a
 * kernel structure that INSNS has is an access, and what is said to be in an
 * access's place is there, in order.
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_access_check(const struct vouch_capture_prog_view *prog,
		       struct vouch_refusal *why);

#endif /* VOUCH_ACCESS_H */
