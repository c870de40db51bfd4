/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the arm64 JIT of Linux 6.1 makes of one instruction of eBPF.
 *
 * Reading code goes the other way (unit.h): it guesses an instruction, and what
 * this file makes of the guess must be the code, word for word.
 *
 * Source: kernel, arch/arm64/net/bpf_jit_comp.c, for a CPU without LSE atomics.
 */
#ifndef VOUCH_ARM64_EMIT_H
#define VOUCH_ARM64_EMIT_H

#include "../access.h"

/* Registers of the CPU that are none of eBPF's. */
#define VOUCH_ARM64_TMP 10
#define VOUCH_ARM64_TMP2 11
#define VOUCH_ARM64_TMP3 12
#define VOUCH_ARM64_FP 25 /* eBPF's frame pointer */
#define VOUCH_ARM64_COUNTER 26 /* of tail calls */
#define VOUCH_ARM64_BOTTOM 27 /* of what is used of the frame */
#define VOUCH_ARM64_SP 31

/* What the verifier writes and no program may; kernel, linux/filter.h. */
#define VOUCH_BPF_TAIL_CALL 0xf0
#define VOUCH_BPF_NOSPEC 0xc0

#define VOUCH_ARM64_AX 11 /* the verifier's register, behind eBPF's */

#define VOUCH_ARM64_PROLOGUE 11 /* instructions that a tail call skips */
#define VOUCH_ARM64_WORDS 32 /* more than any instruction becomes */

/* A function's frame, which its prologue sets up. */
struct vouch_arm64_frame {
	u32 depth; /* of its stack, bytes */
	u32 bottom; /* how far x27 is below the frame pointer, bytes */
};

/* An instruction of eBPF at a place in the code. */
struct vouch_arm64_unit {
	/* As the JIT sees it; .off is of memory alone. */
	struct bpf_insn insn;
	u32 off; /* in the function, bytes */
	u32 n; /* instructions of the CPU */
	union {
		u64 value; /* 64-bit constant; address of what is called */
		u32 target; /* of a branch, in the function, bytes */
		/* Of a tail call: where it looks. */
		struct {
			u32 max_entries, ptrs, func;
		} layout;
	};
};

extern const u8 vouch_arm64_registers[VOUCH_N_REGS];

/**
 * vouch_arm64_emit() - compile one instruction.
 * @unit: the instruction, where it is, and where it leads
 * @frame: of its function
 * @words: filled with instructions of the CPU
 *
 * Return: their number, which may be 0, or -EINVAL if the JIT compiles no such
 * instruction.
 */
int vouch_arm64_emit(const struct vouch_arm64_unit *unit,
		     const struct vouch_arm64_frame *frame,
		     u32 words[VOUCH_ARM64_WORDS]);

#endif /* VOUCH_ARM64_EMIT_H */
