/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function of machine code as the rest of the check sees it: its shape is
 * the JIT's, and of what it does these points are left to be explained. How
 * code is read is an architecture's own: see arch.h.
 */
#ifndef VOUCH_CHECK_CODE_H
#define VOUCH_CHECK_CODE_H

#include "disasm.h"
#include "refusal.h"

#define VOUCH_CHECK_MAX_CODE (4u << 20) /* bytes of a function */

/* A function and whose it is. */
struct vouch_code_place {
	const char *program;
	u32 function;
	const u8 *code;
	u32 len;
	u64 address; /* in the verifier VM */
	bool tail_calls; /* the program makes some */
};

enum vouch_point_kind {
	VOUCH_POINT_CALL, /* .value: address that is called */
	VOUCH_POINT_WIDE, /* .value: 64-bit constant */
	VOUCH_POINT_NUMBER, /* .value: smaller constant, sign-extended */
	VOUCH_POINT_EXIT, /* .value: where to, unless .plain: to the caller */
	VOUCH_POINT_TAIL_CALL, /* .layout is set */
	VOUCH_POINT_JUMP, /* its jump; .value: where to, unless .plain */
	VOUCH_POINT_GUARD, /* of a load that may fault; .value: the lowest
			      address from which it loads */
	VOUCH_POINT_LOAD, /* that may fault, if .plain only perhaps: the
			     exception table says so; .reg, .saved_at are set */
	VOUCH_POINT_UNREACHED, /* what the JIT leaves behind the exit */
};

/* Something in a function that has to be explained. */
struct vouch_point {
	u32 off; /* of the instruction in the function, bytes */
	u8 len; /* bytes */
	u8 kind; /* enum vouch_point_kind */
	bool plain; /* leaves by a register, not by way of a thunk */
	bool either_sign; /* a number, or its negative */
	u8 reg; /* destination, as the CPU counts registers */
	u64 value;
	union {
		u32 saved_at; /* of .reg in struct pt_regs, bytes */
		/* Where code looks in a prog array, and in a program. */
		struct {
			u32 max_entries, value, func;
		} layout;
	};
};

struct vouch_code {
	struct vouch_point *points; /* ascending */
	u32 n_points;
	u32 depth; /* bytes of stack */
};

/**
 * vouch_code_release() - free what the reading of a function allocated.
 * @code: may be all zero
 */
void vouch_code_release(struct vouch_code *code);

#endif /* VOUCH_CHECK_CODE_H */
