// SPDX-License-Identifier: BSD-2-Clause
/* What is to be explained in the code of a function. */

#include <stdlib.h>

#include "points.h"
#include "shape.h"

#define LEN VOUCH_ARM64_INSN_LEN
#define REG_SIZE 8 /* of a register in struct user_pt_regs, bytes */
#define MAX_ALU_LIMIT (1 << 29) /* BPF_MAX_VAR_OFF */

/* A function while its points are found. */
struct finder {
	const struct vouch_code_place *place;
	const struct vouch_arm64_shape *shape;
	struct vouch_code *out;
};

static struct vouch_point *add(struct finder *f, u32 off, u32 n, u32 kind)
{
	struct vouch_point *p = &f->out->points[f->out->n_points++];

	*p = (struct vouch_point){
		.off = off,
		.len = (u8)(n * LEN),
		.kind = (u8)kind,
	};
	return p;
}

static bool is_sum(const struct bpf_insn *insn)
{
	return insn->code == (BPF_ALU64 | BPF_ADD | BPF_X) ||
	       insn->code == (BPF_ALU64 | BPF_SUB | BPF_X);
}

/*
 * The verifier's mask against speculation: ax = limit; ax -= offset; ... or,
 * for a known offset, ax = offset; [mov;] pointer += or -= ax.
 */
static bool is_alu_limit(const struct vouch_arm64_shape *shape, u32 i)
{
	const struct bpf_insn *insn = &shape->units[i].insn;
	const struct bpf_insn *next = &shape->units[i + 1].insn;

	if (insn->code != (BPF_ALU | BPF_MOV | BPF_K) ||
	    insn->dst_reg != VOUCH_ARM64_AX || insn->imm <= 0 ||
	    insn->imm > MAX_ALU_LIMIT || i + 2 >= shape->n_units)
		return false;
	if (next->code == (BPF_ALU64 | BPF_SUB | BPF_X) &&
	    next->dst_reg == VOUCH_ARM64_AX)
		return next->src_reg != VOUCH_ARM64_AX;
	if (next->code == (BPF_ALU64 | BPF_MOV | BPF_X))
		next = &shape->units[i + 2].insn;
	return is_sum(next) && next->src_reg == VOUCH_ARM64_AX;
}

static void add_number(struct finder *f, u32 i)
{
	const struct vouch_arm64_unit *unit = &f->shape->units[i];
	u8 op = BPF_OP(unit->insn.code);
	struct vouch_point *p;

	if (is_alu_limit(f->shape, i))
		return;
	p = add(f, unit->off, unit->n, VOUCH_POINT_NUMBER);
	p->value = (u64)(s64)unit->insn.imm;
	/* To add a number and to subtract its negative is one instruction. */
	p->either_sign = BPF_CLASS(unit->insn.code) != BPF_ST &&
			 (op == BPF_ADD || op == BPF_SUB) &&
			 BPF_CLASS(unit->insn.code) != BPF_JMP32 &&
			 BPF_CLASS(unit->insn.code) != BPF_JMP;
}

/* Any may be one that may fault: only the exception table says so. */
static void add_load(struct finder *f, const struct vouch_arm64_unit *unit)
{
	struct vouch_point *p =
		add(f, unit->off + (unit->n - 1) * LEN, 1, VOUCH_POINT_LOAD);

	p->plain = true;
	p->reg = vouch_arm64_registers[unit->insn.dst_reg];
	p->saved_at = p->reg * REG_SIZE;
}

static void add_tail_call(struct finder *f, const struct vouch_arm64_unit *unit)
{
	struct vouch_point *p =
		add(f, unit->off, unit->n, VOUCH_POINT_TAIL_CALL);

	p->layout.max_entries = unit->layout.max_entries;
	p->layout.value = unit->layout.ptrs;
	p->layout.func = unit->layout.func;
	add(f, unit->off + (unit->n - 1) * LEN, 1, VOUCH_POINT_JUMP)->plain =
		true;
}

static void add_jump(struct finder *f, u32 i)
{
	const struct vouch_arm64_unit *unit = &f->shape->units[i];

	switch (BPF_OP(unit->insn.code)) {
	case BPF_CALL:
		add(f, unit->off, unit->n, VOUCH_POINT_CALL)->value =
			unit->value;
		break;
	case VOUCH_BPF_TAIL_CALL:
		add_tail_call(f, unit);
		break;
	default:
		if (BPF_SRC(unit->insn.code) == BPF_K)
			add_number(f, i);
	}
}

static void add_points(struct finder *f, u32 i)
{
	const struct vouch_arm64_unit *unit = &f->shape->units[i];
	u8 code = unit->insn.code;

	switch (BPF_CLASS(code)) {
	case BPF_LD:
		add(f, unit->off, unit->n, VOUCH_POINT_WIDE)->value =
			unit->value;
		break;
	case BPF_LDX:
		add_load(f, unit);
		break;
	case BPF_ST:
		add_number(f, i);
		break;
	case BPF_STX:
		break;
	case BPF_JMP:
	case BPF_JMP32:
		add_jump(f, i);
		break;
	default:
		if (BPF_SRC(code) == BPF_K)
			add_number(f, i);
	}
}

int vouch_arm64_read_code(struct vouch_disasm *disasm,
			  const struct vouch_code_place *place,
			  struct vouch_code *out, struct vouch_refusal *why)
{
	struct vouch_arm64_shape shape;
	struct finder f = { .place = place, .shape = &shape, .out = out };
	u32 i;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = vouch_arm64_shape_read(disasm, place, &shape, why);
	if (ret)
		return ret;
	out->depth = shape.frame.depth;
	/* A tail call has two; the exit and what is behind it are two more. */
	out->points = calloc(2ul * shape.n_units + 2, sizeof(*out->points));
	if (out->points) {
		for (i = 0; i < shape.n_units; i++)
			add_points(&f, i);
		add(&f, shape.exit, 1, VOUCH_POINT_EXIT)->plain = true;
		add(&f, shape.exit + LEN, (place->len - shape.exit) / LEN - 1,
		    VOUCH_POINT_UNREACHED);
	}
	vouch_arm64_shape_release(&shape);
	return out->points ? 0 : -ENOMEM;
}
