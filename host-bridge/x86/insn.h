/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instruction forms that the x86-64 JIT of Linux 6.1 emits, and no other.
 *
 * Source: kernel, arch/x86/net/bpf_jit_comp.c. The table in insn.c is a
 * closed list of encodings; what the CPU would also execute but the JIT never
 * writes (another encoding of the same instruction, a needless prefix, rsp,
 * r9 or r12 as an operand, SIB or rip-relative addresses) is not in it.
 */
#ifndef VOUCH_X86_INSN_H
#define VOUCH_X86_INSN_H

#include "../../common/base.h"

enum vouch_x86_reg {
	VOUCH_X86_RAX = 0,
	VOUCH_X86_RCX = 1,
	VOUCH_X86_RDX = 2,
	VOUCH_X86_RBX = 3,
	VOUCH_X86_RSP = 4,
	VOUCH_X86_RBP = 5,
	VOUCH_X86_RSI = 6,
	VOUCH_X86_RDI = 7,
	VOUCH_X86_R8 = 8,
	VOUCH_X86_R9 = 9,
	VOUCH_X86_R10 = 10,
	VOUCH_X86_R11 = 11,
	VOUCH_X86_R12 = 12,
	VOUCH_X86_R13 = 13,
	VOUCH_X86_R14 = 14,
	VOUCH_X86_R15 = 15,
	VOUCH_X86_NO_REG = 16,
};

/* What an instruction means to the check. */
enum vouch_x86_kind {
	VOUCH_X86_PLAIN, /* computes, loads or stores */
	VOUCH_X86_MOV_REG, /* mov of a register to a register */
	VOUCH_X86_MOV_IMM, /* mov of a 32-bit immediate to a register */
	VOUCH_X86_MOVABS, /* mov of a 64-bit immediate to a register */
	VOUCH_X86_SHIFT_CL,
	VOUCH_X86_DIV,
	VOUCH_X86_NOP,
	VOUCH_X86_CALL,
	VOUCH_X86_JMP,
	VOUCH_X86_JCC,
	VOUCH_X86_PUSH,
	VOUCH_X86_POP,
	VOUCH_X86_LEAVE,
	VOUCH_X86_RET,
	VOUCH_X86_INT3,
	/* See sequence.h. */
	VOUCH_X86_PROBE,
	VOUCH_X86_PROBE_LOAD,
	VOUCH_X86_COUNTER,
	VOUCH_X86_TAIL_CALL,
};

struct vouch_x86_insn {
	const char *mnemonic; /* as Capstone writes it */
	u32 off; /* in the function, bytes */
	u8 len; /* bytes */
	u8 kind; /* enum vouch_x86_kind */
	bool wide; /* REX.W */
	bool mem; /* accesses [base + disp] */
	bool loads; /* from memory to .reg, and does nothing else */
	bool imm32; /* holds four or eight bytes of immediate */
	u8 rm, reg; /* enum vouch_x86_reg; rm is base of memory */
	u8 writes; /* register written, or VOUCH_X86_NO_REG */
	u8 access; /* bytes of memory accessed */
	s32 disp; /* of memory, bytes */
	s64 imm; /* sign-extended; of branches: displacement */
};

/**
 * vouch_x86_decode() - hold an instruction against the closed list.
 * @code: where the instruction starts
 * @len: bytes from there to the end of the code
 * @insn: filled on success, but for .off
 *
 * Return: 0, or -EINVAL if the JIT would not have written it.
 */
int vouch_x86_decode(const u8 *code, size_t len, struct vouch_x86_insn *insn);

#endif /* VOUCH_X86_INSN_H */
