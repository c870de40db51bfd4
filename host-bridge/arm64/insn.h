/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction forms that the arm64 JIT of Linux 6.1 emits, and no other.
 *
 * Source: kernel, arch/arm64/net/bpf_jit.h, bpf_jit_comp.c and lib/insn.c. The
 * table in insn.c is a closed list of encodings; what the CPU would also
 * execute but the JIT never writes (another width, shifted operands, flags that
 * nothing reads, branches with link to an offset) is not in it.
 */
#ifndef VOUCH_ARM64_INSN_H
#define VOUCH_ARM64_INSN_H

#include "../../common/base.h"

#define VOUCH_ARM64_INSN_LEN 4 /* bytes */
#define VOUCH_ARM64_ZR 31 /* the zero register, or the stack pointer */

/* What an instruction means to the check. */
enum vouch_arm64_kind {
	VOUCH_ARM64_PLAIN, /* computes .rd from registers */
	VOUCH_ARM64_COMPARE, /* sets flags from registers, and .imm if .has_imm
			      */
	VOUCH_ARM64_ADD, /* .rd = .rn + .imm, of which sub has a negative one */
	VOUCH_ARM64_LOGIC, /* .rd of .rn and .imm */
	VOUCH_ARM64_SHIFT, /* .rd = .rn shifted by .imm, or extended */
	VOUCH_ARM64_MOVZ, /* .rd = .imm << .shift */
	VOUCH_ARM64_MOVN, /* .rd = ~(.imm << .shift) */
	VOUCH_ARM64_MOVK, /* 16 bits of .rd */
	VOUCH_ARM64_LOAD, /* .rd from .rn + .imm, or + .rm */
	VOUCH_ARM64_STORE, /* .rd to it */
	VOUCH_ARM64_EXCLUSIVE, /* .rd from .rn, or to it; .rm says if it was */
	VOUCH_ARM64_LITERAL, /* .rd from .imm bytes further on */
	VOUCH_ARM64_PUSH, /* .rd and .rm, and moves the stack pointer */
	VOUCH_ARM64_POP,
	VOUCH_ARM64_B,
	VOUCH_ARM64_B_COND,
	VOUCH_ARM64_CB, /* if .rd is zero, or is not */
	VOUCH_ARM64_BR, /* to .rn */
	VOUCH_ARM64_BLR,
	VOUCH_ARM64_RET,
	VOUCH_ARM64_NOP,
	VOUCH_ARM64_PACIASP,
	VOUCH_ARM64_AUTIASP,
	VOUCH_ARM64_BARRIER,
};

struct vouch_arm64_insn {
	const char *mnemonic; /* as Capstone writes it */
	u32 off; /* in the function, bytes */
	u8 kind; /* enum vouch_arm64_kind */
	bool wide; /* 64 bits */
	bool has_imm;
	u8 rd, rn, rm, ra; /* registers; VOUCH_ARM64_ZR where there is none */
	u8 access; /* bytes of memory accessed */
	u8 shift; /* of a 16-bit part, bits */
	s64 imm; /* of branches: bytes from this instruction */
};

/**
 * vouch_arm64_decode() - hold an instruction against the closed list.
 * @word: the instruction
 * @insn: filled on success, but for .off
 *
 * Return: 0, or -EINVAL if the JIT would not have written it.
 */
int vouch_arm64_decode(u32 word, struct vouch_arm64_insn *insn);

#endif /* VOUCH_ARM64_INSN_H */
