// SPDX-License-Identifier: BSD-2-Clause
/* What is to be explained in the code of a function. */

#include <stdlib.h>

#include "points.h"
#include "shape.h"

#define JMP_REL32 0xe9
#define MAX_ALU_LIMIT (1 << 29) /* BPF_MAX_VAR_OFF */

/* Where the kernel saves a register; struct pt_regs, which user space knows as
 * well. */
static const u32 saved_at[16] = {
	[VOUCH_X86_RAX] = 80,  [VOUCH_X86_RCX] = 88,  [VOUCH_X86_RDX] = 96,
	[VOUCH_X86_RBX] = 40,  [VOUCH_X86_RSP] = 152, [VOUCH_X86_RBP] = 32,
	[VOUCH_X86_RSI] = 104, [VOUCH_X86_RDI] = 112, [VOUCH_X86_R8] = 72,
	[VOUCH_X86_R9] = 64,   [VOUCH_X86_R10] = 56,  [VOUCH_X86_R11] = 48,
	[VOUCH_X86_R12] = 24,  [VOUCH_X86_R13] = 16,  [VOUCH_X86_R14] = 8,
	[VOUCH_X86_R15] = 0,
};

/* A function while its points are found. */
struct finder {
	const struct vouch_code_place *place;
	const struct vouch_x86_shape *shape;
	struct vouch_code *out;
};

static struct vouch_point *add(struct finder *f, u32 off, u32 len, u32 kind)
{
	struct vouch_point *p = &f->out->points[f->out->n_points++];

	*p = (struct vouch_point){
		.off = off,
		.len = (u8)len,
		.kind = (u8)kind,
	};
	return p;
}

static struct vouch_point *add_insn(struct finder *f,
				    const struct vouch_x86_insn *insn, u32 kind)
{
	struct vouch_point *p = add(f, insn->off, insn->len, kind);

	p->value = (u64)insn->imm;
	return p;
}

static u64 branch_target(const struct finder *f, u32 off, u32 len, s64 rel)
{
	return f->place->address + off + len + (u64)rel;
}

static bool is_r10_alu(const struct vouch_x86_insn *insn, u8 rm, u8 reg)
{
	return insn->wide && !insn->mem && insn->rm == rm && insn->reg == reg &&
	       (!strcmp(insn->mnemonic, "sub") ||
		!strcmp(insn->mnemonic, "add"));
}

/*
 * The verifier's mask against speculation: mov r10d, limit; sub r10, offset;
 * ... or, for a known offset, mov r10d, offset; add|sub pointer, r10.
 */
static bool is_alu_limit(const struct vouch_x86_shape *shape, u32 i)
{
	const struct vouch_x86_insn *insn = &shape->insns[i];
	const struct vouch_x86_insn *next = insn + 1;

	if (insn->kind != VOUCH_X86_MOV_IMM || insn->wide ||
	    insn->rm != VOUCH_X86_R10 || insn->imm <= 0 ||
	    insn->imm > MAX_ALU_LIMIT || i + 2 >= shape->n_insns)
		return false;
	if (!strcmp(next->mnemonic, "sub") &&
	    is_r10_alu(next, VOUCH_X86_R10, next->reg))
		return next->reg != VOUCH_X86_NO_REG;
	if (next->kind == VOUCH_X86_MOV_REG)
		next++;
	return is_r10_alu(next, next->rm, VOUCH_X86_R10);
}

/* do_jit() compares with the end of user space and the displacement, whatever
 * its sign. */
static void add_guard(struct finder *f, const struct vouch_x86_insn *insn)
{
	u64 disp = insn->disp < 0 ? -(s64)insn->disp : insn->disp;

	add_insn(f, insn, VOUCH_POINT_GUARD)->value -= disp;
}

static void add_load(struct finder *f, const struct vouch_x86_insn *insn)
{
	struct vouch_point *p = add_insn(f, insn, VOUCH_POINT_LOAD);

	p->reg = insn->reg;
	p->saved_at = saved_at[insn->reg];
}

/* What the jump at the end of a tail call is, as the verifier VM has it. */
static void add_jump(struct finder *f, const struct vouch_x86_insn *insn)
{
	u32 off = insn->off + (u32)insn->imm;
	struct vouch_point *p = add(f, off, insn->reg, VOUCH_POINT_JUMP);
	__le32 rel;

	p->plain = f->place->code[off] != JMP_REL32;
	if (p->plain)
		return;
	memcpy(&rel, f->place->code + off + 1, sizeof(rel));
	p->value = branch_target(f, off, p->len, (s32)le32_to_cpu(rel));
}

static void add_tail_call(struct finder *f, const struct vouch_x86_insn *insn)
{
	struct vouch_point *p = add_insn(f, insn, VOUCH_POINT_TAIL_CALL);

	p->layout.max_entries = insn->access;
	p->layout.value = (u32)insn->disp;
	p->layout.func = insn->rm;
	add_jump(f, insn);
}

static void add_points(struct finder *f, u32 i)
{
	const struct vouch_x86_insn *insn = &f->shape->insns[i];
	u64 target = branch_target(f, insn->off, insn->len, insn->imm);

	if (i == f->shape->exit) {
		struct vouch_point *p = add_insn(f, insn, VOUCH_POINT_EXIT);

		p->plain = insn->kind == VOUCH_X86_RET;
		p->value = target;
		return;
	}
	switch (insn->kind) {
	case VOUCH_X86_CALL:
		add_insn(f, insn, VOUCH_POINT_CALL)->value = target;
		break;
	case VOUCH_X86_MOVABS:
		add_insn(f, insn, VOUCH_POINT_WIDE);
		break;
	case VOUCH_X86_TAIL_CALL:
		add_tail_call(f, insn);
		break;
	case VOUCH_X86_PROBE:
		add_guard(f, insn);
		break;
	case VOUCH_X86_PROBE_LOAD:
		add_load(f, insn);
		break;
	default:
		if (insn->imm32 && !is_alu_limit(f->shape, i))
			add_insn(f, insn, VOUCH_POINT_NUMBER);
	}
}

int vouch_x86_read_code(struct vouch_disasm *disasm,
			const struct vouch_code_place *place,
			struct vouch_code *out, struct vouch_refusal *why)
{
	struct vouch_x86_shape shape;
	struct finder f = { .place = place, .shape = &shape, .out = out };
	int ret;
	u32 i;

	memset(out, 0, sizeof(*out));
	ret = vouch_x86_shape_read(disasm, place, &shape, why);
	if (ret)
		return ret;
	out->depth = shape.depth;
	/* A tail call has two. */
	out->points = calloc(2ul * shape.n_insns, sizeof(*out->points));
	for (i = 0; out->points && i < shape.n_insns; i++)
		add_points(&f, i);
	vouch_x86_shape_release(&shape);
	return out->points ? 0 : -ENOMEM;
}
