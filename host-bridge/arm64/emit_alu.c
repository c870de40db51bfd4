// SPDX-License-Identifier: BSD-2-Clause
/* Arithmetic. */

#include "emitter.h"

const u32 vouch_arm64_sums[16] = {
	[BPF_ADD >> 4] = VOUCH_A64_ADD,	 [BPF_SUB >> 4] = VOUCH_A64_SUB,
	[BPF_MUL >> 4] = VOUCH_A64_MUL,	 [BPF_DIV >> 4] = VOUCH_A64_UDIV,
	[BPF_OR >> 4] = VOUCH_A64_ORR,	 [BPF_AND >> 4] = VOUCH_A64_AND,
	[BPF_LSH >> 4] = VOUCH_A64_LSL,	 [BPF_RSH >> 4] = VOUCH_A64_LSR,
	[BPF_ARSH >> 4] = VOUCH_A64_ASR, [BPF_XOR >> 4] = VOUCH_A64_EOR,
};

static const u32 logic_imm[16] = {
	[BPF_OR >> 4] = VOUCH_A64_ORR_IMM,
	[BPF_AND >> 4] = VOUCH_A64_AND_IMM,
	[BPF_XOR >> 4] = VOUCH_A64_EOR_IMM,
};

static void emit_mod(struct vouch_arm64_emitter *e, u32 by)
{
	vouch_arm64_put(e, vouch_a64_three(VOUCH_A64_UDIV, e->wide,
					   VOUCH_ARM64_TMP, e->dst, by));
	vouch_arm64_put(e, vouch_a64_three(VOUCH_A64_MSUB, e->wide, e->dst,
					   VOUCH_ARM64_TMP, by) |
				   (u32)e->dst << 10);
}

static int emit_alu_reg(struct vouch_arm64_emitter *e)
{
	switch (e->op << 4) {
	case BPF_MOV:
		vouch_arm64_put_mov(e, e->wide, e->dst, e->src);
		return 0;
	case BPF_MOD:
		emit_mod(e, e->src);
		return 0;
	case BPF_NEG:
		return -EINVAL;
	}
	if (!vouch_arm64_sums[e->op])
		return -EINVAL;
	vouch_arm64_put(e, vouch_a64_three(vouch_arm64_sums[e->op], e->wide,
					   e->dst, e->dst, e->src));
	return 0;
}

static int emit_shift(struct vouch_arm64_emitter *e, u32 by)
{
	u32 size = e->wide ? 64 : 32;

	if (by >= size)
		return -EINVAL;
	if (e->op << 4 == BPF_LSH)
		vouch_arm64_put(e, vouch_a64_bitfield(VOUCH_A64_UBFM, e->wide,
						      e->dst, e->dst,
						      (size - by) % size,
						      size - 1 - by));
	else
		vouch_arm64_put(e, vouch_a64_bitfield(e->op << 4 == BPF_RSH
							      ? VOUCH_A64_UBFM
							      : VOUCH_A64_SBFM,
						      e->wide, e->dst, e->dst,
						      by, size - 1));
	return 0;
}

static void emit_sum_imm(struct vouch_arm64_emitter *e, s32 imm)
{
	bool add = e->op << 4 == BPF_ADD;
	u32 same = add ? VOUCH_A64_ADD_IMM : VOUCH_A64_SUB_IMM;
	u32 other = add ? VOUCH_A64_SUB_IMM : VOUCH_A64_ADD_IMM;

	if (vouch_a64_fits_add((u32)imm)) {
		vouch_arm64_put(e, vouch_a64_add_imm(same, e->wide, e->dst,
						     e->dst, (u32)imm));
	} else if (vouch_a64_fits_add(-(u32)imm)) {
		vouch_arm64_put(e, vouch_a64_add_imm(other, e->wide, e->dst,
						     e->dst, -(u32)imm));
	} else {
		vouch_arm64_put_number(e, e->wide, VOUCH_ARM64_TMP, imm);
		vouch_arm64_put(e, vouch_a64_three(vouch_arm64_sums[e->op],
						   e->wide, e->dst, e->dst,
						   VOUCH_ARM64_TMP));
	}
}

static int emit_alu_imm(struct vouch_arm64_emitter *e)
{
	s32 imm = e->unit->insn.imm;
	u32 field;

	switch (e->op << 4) {
	case BPF_MOV:
		vouch_arm64_put_number(e, e->wide, e->dst, imm);
		return 0;
	case BPF_ADD:
	case BPF_SUB:
		emit_sum_imm(e, imm);
		return 0;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return emit_shift(e, (u32)imm);
	case BPF_MOD:
		vouch_arm64_put_number(e, e->wide, VOUCH_ARM64_TMP2, imm);
		emit_mod(e, VOUCH_ARM64_TMP2);
		return 0;
	case BPF_NEG:
		vouch_arm64_put(e,
				vouch_a64_three(VOUCH_A64_SUB, e->wide, e->dst,
						VOUCH_ARM64_ZR, e->dst));
		return 0;
	}
	if (!vouch_arm64_sums[e->op])
		return -EINVAL;
	if (logic_imm[e->op] && vouch_a64_logic(e->wide, imm, &field)) {
		vouch_arm64_put(e, logic_imm[e->op] | vouch_a64_width(e->wide) |
					   field | (u32)e->dst << 5 | e->dst);
		return 0;
	}
	vouch_arm64_put_number(e, e->wide, VOUCH_ARM64_TMP, imm);
	vouch_arm64_put(e, vouch_a64_three(vouch_arm64_sums[e->op], e->wide,
					   e->dst, e->dst, VOUCH_ARM64_TMP));
	return 0;
}

/* Byte order; what is of this CPU's order is cut to its length. */
static int emit_end(struct vouch_arm64_emitter *e)
{
	bool big = BPF_SRC(e->unit->insn.code) == BPF_TO_BE;
	u32 both = (u32)e->dst << 5 | e->dst;

	switch (e->unit->insn.imm) {
	case 16:
		if (big)
			vouch_arm64_put(e, VOUCH_A64_REV16 | both);
		vouch_arm64_put(e, vouch_a64_bitfield(VOUCH_A64_UBFM, false,
						      e->dst, e->dst, 0, 15));
		return 0;
	case 32:
		vouch_arm64_put(e, big ? VOUCH_A64_REV_W | both
				       : vouch_a64_bitfield(VOUCH_A64_UBFM,
							    false, e->dst,
							    e->dst, 0, 31));
		return 0;
	case 64:
		if (big)
			vouch_arm64_put(e, VOUCH_A64_REV_X | both);
		return 0;
	default:
		return -EINVAL;
	}
}

int vouch_arm64_emit_alu(struct vouch_arm64_emitter *e)
{
	if (e->op << 4 == BPF_END)
		return e->wide ? -EINVAL : emit_end(e);
	return BPF_SRC(e->unit->insn.code) == BPF_X ? emit_alu_reg(e)
						    : emit_alu_imm(e);
}
