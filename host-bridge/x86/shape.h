/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of one function of machine code: prologue, body, one epilogue, as
 * the x86-64 JIT of Linux 6.1 writes them.
 */
#ifndef VOUCH_X86_SHAPE_H
#define VOUCH_X86_SHAPE_H

#include "../check_code.h"
#include "insn.h"

struct vouch_x86_shape {
	struct vouch_x86_insn *insns; /* of the body, epilogue included */
	u32 n_insns;
	u32 exit; /* index of the instruction that leaves the function */
	u32 depth; /* bytes of stack below rbp */
	u32 pushed; /* bit N: rbx, r13, r14, r15 is saved */
	bool tail; /* has the counter of tail calls behind its stack */
};

/**
 * vouch_x86_shape_read() - hold a function against the one shape.
 * @disasm: a disassembler, the second witness of each instruction
 * @place: the function
 * @out: filled on success; release with vouch_x86_shape_release()
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
int vouch_x86_shape_read(struct vouch_disasm *disasm,
			 const struct vouch_code_place *place,
			 struct vouch_x86_shape *out,
			 struct vouch_refusal *why);

/**
 * vouch_x86_shape_release() - free what vouch_x86_shape_read() allocated.
 * @shape: may be all zero
 */
void vouch_x86_shape_release(struct vouch_x86_shape *shape);

#endif /* VOUCH_X86_SHAPE_H */
