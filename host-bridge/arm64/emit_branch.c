// SPDX-License-Identifier: BSD-2-Clause
/* Branches, calls and tail calls. */

#include "emitter.h"

#define MAX_TAIL_CALLS 33 /* MAX_TAIL_CALL_CNT of Linux 6.1 */

#define NEVER 16
static const u8 conditions[16] = {
	[BPF_JA >> 4] = NEVER,
	[BPF_CALL >> 4] = NEVER,
	[BPF_EXIT >> 4] = NEVER,
	[0xe] = NEVER,
	[0xf] = NEVER,
	[BPF_JEQ >> 4] = VOUCH_A64_EQ,
	[BPF_JNE >> 4] = VOUCH_A64_NE,
	[BPF_JSET >> 4] = VOUCH_A64_NE,
	[BPF_JGT >> 4] = VOUCH_A64_HI,
	[BPF_JLT >> 4] = VOUCH_A64_LO,
	[BPF_JGE >> 4] = VOUCH_A64_HS,
	[BPF_JLE >> 4] = VOUCH_A64_LS,
	[BPF_JSGT >> 4] = VOUCH_A64_GT,
	[BPF_JSLT >> 4] = VOUCH_A64_LT,
	[BPF_JSGE >> 4] = VOUCH_A64_GE,
	[BPF_JSLE >> 4] = VOUCH_A64_LE,
};

/* Bytes from the next word to be written to a place in the function. */
static s64 distance(const struct vouch_arm64_emitter *e, u32 target)
{
	return (s64)target - e->unit->off - 4 * (s64)e->n;
}

static void emit_compare_imm(struct vouch_arm64_emitter *e, s32 imm)
{
	bool set = e->op << 4 == BPF_JSET;
	u32 field;

	if (set && vouch_a64_logic(e->wide, imm, &field)) {
		vouch_arm64_put(e, VOUCH_A64_TST_IMM |
					   vouch_a64_width(e->wide) | field |
					   (u32)e->dst << 5);
	} else if (!set && vouch_a64_fits_add((u32)imm)) {
		vouch_arm64_put(e, vouch_a64_add_imm(VOUCH_A64_CMP_IMM, e->wide,
						     VOUCH_ARM64_ZR, e->dst,
						     (u32)imm));
	} else if (!set && vouch_a64_fits_add(-(u32)imm)) {
		vouch_arm64_put(e, vouch_a64_add_imm(VOUCH_A64_CMN_IMM, e->wide,
						     VOUCH_ARM64_ZR, e->dst,
						     -(u32)imm));
	} else {
		vouch_arm64_put_number(e, e->wide, VOUCH_ARM64_TMP, imm);
		vouch_arm64_put(
			e, vouch_a64_three(set ? VOUCH_A64_TST : VOUCH_A64_CMP,
					   e->wide, VOUCH_ARM64_ZR, e->dst,
					   VOUCH_ARM64_TMP));
	}
}

/* With the link register's help, wherever the function is. */
static void emit_call(struct vouch_arm64_emitter *e)
{
	vouch_arm64_put_address(e, VOUCH_ARM64_TMP, e->unit->value);
	vouch_arm64_put(e, VOUCH_A64_BLR | VOUCH_ARM64_TMP << 5);
	vouch_arm64_put_mov(e, true, vouch_arm64_registers[BPF_REG_0], 0);
}

/* Leaves room for a branch to behind the tail call. */
static void put_out(struct vouch_arm64_emitter *e, u32 *outs, u32 *n, u32 word)
{
	outs[(*n)++] = e->n;
	vouch_arm64_put(e, word);
}

static void emit_tail_call(struct vouch_arm64_emitter *e)
{
	const u32 array = vouch_arm64_registers[BPF_REG_2];
	const u32 index = vouch_arm64_registers[BPF_REG_3];
	u32 outs[3], n = 0;

	vouch_arm64_put_wide(e, VOUCH_ARM64_TMP, e->unit->layout.max_entries);
	vouch_arm64_put(e,
			vouch_a64_indexed(VOUCH_A64_LDR_REG, 2, VOUCH_ARM64_TMP,
					  array, VOUCH_ARM64_TMP));
	vouch_arm64_put_mov(e, false, index, index);
	vouch_arm64_put(e, vouch_a64_three(VOUCH_A64_CMP, false, VOUCH_ARM64_ZR,
					   index, VOUCH_ARM64_TMP));
	put_out(e, outs, &n, VOUCH_A64_B_COND | VOUCH_A64_HS);

	vouch_arm64_put_wide(e, VOUCH_ARM64_TMP, MAX_TAIL_CALLS);
	vouch_arm64_put(e,
			vouch_a64_three(VOUCH_A64_CMP, true, VOUCH_ARM64_ZR,
					VOUCH_ARM64_COUNTER, VOUCH_ARM64_TMP));
	put_out(e, outs, &n, VOUCH_A64_B_COND | VOUCH_A64_HS);
	vouch_arm64_put(e, vouch_a64_add_imm(VOUCH_A64_ADD_IMM, true,
					     VOUCH_ARM64_COUNTER,
					     VOUCH_ARM64_COUNTER, 1));

	vouch_arm64_put_wide(e, VOUCH_ARM64_TMP, e->unit->layout.ptrs);
	vouch_arm64_put(e, vouch_a64_three(VOUCH_A64_ADD, true, VOUCH_ARM64_TMP,
					   array, VOUCH_ARM64_TMP));
	vouch_arm64_put(e, vouch_a64_bitfield(VOUCH_A64_UBFM, true,
					      VOUCH_ARM64_TMP2, index, 61, 60));
	vouch_arm64_put(e, vouch_a64_indexed(VOUCH_A64_LDR_REG, 3,
					     VOUCH_ARM64_TMP2, VOUCH_ARM64_TMP,
					     VOUCH_ARM64_TMP2));
	put_out(e, outs, &n,
		VOUCH_A64_CBZ | vouch_a64_width(true) | VOUCH_ARM64_TMP2);

	vouch_arm64_put_wide(e, VOUCH_ARM64_TMP, e->unit->layout.func);
	vouch_arm64_put(e,
			vouch_a64_indexed(VOUCH_A64_LDR_REG, 3, VOUCH_ARM64_TMP,
					  VOUCH_ARM64_TMP2, VOUCH_ARM64_TMP));
	vouch_arm64_put(e, vouch_a64_add_imm(VOUCH_A64_ADD_IMM, true,
					     VOUCH_ARM64_TMP, VOUCH_ARM64_TMP,
					     4 * VOUCH_ARM64_PROLOGUE));
	vouch_arm64_put(e, vouch_a64_add_imm(VOUCH_A64_ADD_IMM, true,
					     VOUCH_ARM64_SP, VOUCH_ARM64_SP,
					     e->frame->depth));
	vouch_arm64_put(e, VOUCH_A64_BR | VOUCH_ARM64_TMP << 5);
	while (n--)
		e->words[outs[n]] = vouch_a64_near(e->words[outs[n]],
						   4 * (s64)(e->n - outs[n]));
}

int vouch_arm64_emit_branch(struct vouch_arm64_emitter *e)
{
	const struct bpf_insn *insn = &e->unit->insn;

	if (insn->code == (BPF_JMP | BPF_JA)) {
		vouch_arm64_put(e, vouch_a64_far(VOUCH_A64_B,
						 distance(e, e->unit->target)));
		return 0;
	}
	if (insn->code == (BPF_JMP | BPF_CALL)) {
		emit_call(e);
		return 0;
	}
	if (insn->code == (BPF_JMP | VOUCH_BPF_TAIL_CALL)) {
		emit_tail_call(e);
		return 0;
	}
	if (conditions[e->op] == NEVER)
		return -EINVAL;
	if (BPF_SRC(insn->code) == BPF_K)
		emit_compare_imm(e, insn->imm);
	else
		vouch_arm64_put(e, vouch_a64_three(e->op << 4 == BPF_JSET
							   ? VOUCH_A64_TST
							   : VOUCH_A64_CMP,
						   e->wide, VOUCH_ARM64_ZR,
						   e->dst, e->src));
	vouch_arm64_put(e, vouch_a64_near(VOUCH_A64_B_COND | conditions[e->op],
					  distance(e, e->unit->target)));
	return 0;
}
