/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of one function of machine code: prologue, body, one epilogue, as
 * the x86-64 JIT of Linux 6.1 writes them.
 */
#ifndef VOUCH_CHECK_CODE_H
#define VOUCH_CHECK_CODE_H

#include "check_x86.h"
#include "disasm.h"
#include "refusal.h"

#define VOUCH_CHECK_MAX_CODE (4u << 20) /* bytes of a function */

/* A function and whose it is. */
struct vouch_code_place {
	const char *program;
	u32 function;
	const u8 *code;
	u32 len;
	bool tail_calls; /* the program makes some */
};

struct vouch_code {
	struct vouch_x86_insn *insns; /* of the body, epilogue included */
	u32 n_insns;
	u32 exit; /* index of the instruction that leaves the function */
	u32 depth; /* bytes of stack below rbp */
	u32 pushed; /* bit N: rbx, r13, r14, r15 is saved */
	bool tail; /* has the counter of tail calls behind its stack */
};

/**
 * vouch_code_read() - hold a function against the one shape.
 * @disasm: a disassembler, the second witness of each instruction
 * @place: the function
 * @out: filled on success; release with vouch_code_release()
 * @why: filled on refusal
 *
 * Every byte belongs to the prologue or to one instruction of the closed list
 * on which Capstone agrees. rbp is never written, what is below it is
 * accessed within the frame only, callee-saved registers are used only if
 * they were pushed, the stack is balanced, no branch leaves the body or
 * enters an instruction, the prologue or one of the JIT's sequences in the
 * middle, and control does not run off the end. What references, immediates
 * and the exit mean is left to the caller.
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_code_read(struct vouch_disasm *disasm,
		    const struct vouch_code_place *place,
		    struct vouch_code *out, struct vouch_refusal *why);

/**
 * vouch_code_release() - free what vouch_code_read() allocated.
 * @code: may be all zero
 */
void vouch_code_release(struct vouch_code *code);

#endif /* VOUCH_CHECK_CODE_H */
