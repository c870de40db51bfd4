/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shape of one function of machine code: prologue, body, one epilogue and
 * the jump behind it, as the arm64 JIT of Linux 6.1 writes them for a kernel
 * with pointer authentication (CONFIG_ARM64_PTR_AUTH_KERNEL) and without BTI.
 */
#ifndef VOUCH_ARM64_SHAPE_H
#define VOUCH_ARM64_SHAPE_H

#include "../check_code.h"
#include "unit.h"

struct vouch_arm64_shape {
	struct vouch_arm64_unit *units; /* of the body */
	u32 n_units;
	struct vouch_arm64_frame frame;
	u32 end; /* of the body, where the epilogue starts, bytes */
	u32 exit; /* the instruction that leaves the function, bytes */
};

/**
 * vouch_arm64_shape_read() - hold a function against the one shape.
 * @disasm: a disassembler, the second witness of each instruction
 * @place: the function
 * @out: filled on success; release with vouch_arm64_shape_release()
 * @why: filled on refusal
 *
 * Every word belongs to the prologue, the epilogue, the jump behind it (which
 * nothing reaches), or to what the JIT makes of one instruction of eBPF; each
 * is in the closed list, and Capstone agrees on it. The frame pointer is never
 * written, what is below it is accessed within the frame only, and branches
 * lead to where an instruction of eBPF starts, or to the epilogue, into which
 * the body ends. What references, immediates and loads mean is left to the
 * caller.
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_arm64_shape_read(struct vouch_disasm *disasm,
			   const struct vouch_code_place *place,
			   struct vouch_arm64_shape *out,
			   struct vouch_refusal *why);

/**
 * vouch_arm64_shape_release() - free what vouch_arm64_shape_read() allocated.
 * @shape: may be all zero
 */
void vouch_arm64_shape_release(struct vouch_arm64_shape *shape);

#endif /* VOUCH_ARM64_SHAPE_H */
