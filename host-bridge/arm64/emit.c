// SPDX-License-Identifier: BSD-2-Clause
/* What the JIT makes of one instruction of eBPF. */

#include "emitter.h"

const u8 vouch_arm64_registers[VOUCH_N_REGS] = {
	7, 0, 1, 2, 3, 4, 19, 20, 21, 22, VOUCH_ARM64_FP, 9,
};

void vouch_arm64_put_number(struct vouch_arm64_emitter *e, bool wide, u32 rd,
			    s32 number)
{
	u32 hi = (u32)number >> 16, lo = (u32)number & 0xffff;

	if (!(hi & 0x8000)) {
		vouch_arm64_put(
			e, vouch_a64_part(VOUCH_A64_MOVZ, wide, rd, lo, 0));
		if (hi)
			vouch_arm64_put(e, vouch_a64_part(VOUCH_A64_MOVK, wide,
							  rd, hi, 16));
	} else if (hi == 0xffff) {
		vouch_arm64_put(
			e, vouch_a64_part(VOUCH_A64_MOVN, wide, rd, ~lo, 0));
	} else {
		vouch_arm64_put(
			e, vouch_a64_part(VOUCH_A64_MOVN, wide, rd, ~hi, 16));
		if (lo != 0xffff)
			vouch_arm64_put(e, vouch_a64_part(VOUCH_A64_MOVK, wide,
							  rd, lo, 0));
	}
}

/* How many 16-bit parts are not @filler. */
static u32 count_parts(u64 value, u32 filler)
{
	u32 n = 0, shift;

	for (shift = 0; shift < 64; shift += 16)
		n += (value >> shift & 0xffff) != filler;
	return n;
}

void vouch_arm64_put_wide(struct vouch_arm64_emitter *e, u32 rd, u64 value)
{
	bool inverse = count_parts(value, 0xffff) < count_parts(value, 0);
	u32 filler = inverse ? 0xffff : 0, shift = 48;

	if (!(value >> 32)) {
		vouch_arm64_put_number(e, false, rd, (s32)value);
		return;
	}
	while (shift && (value >> shift & 0xffff) == filler)
		shift -= 16;
	if (inverse)
		vouch_arm64_put(e,
				vouch_a64_part(VOUCH_A64_MOVN, true, rd,
					       (u32)(~value >> shift), shift));
	else
		vouch_arm64_put(e,
				vouch_a64_part(VOUCH_A64_MOVZ, true, rd,
					       (u32)(value >> shift), shift));
	while (shift) {
		shift -= 16;
		if ((value >> shift & 0xffff) != filler)
			vouch_arm64_put(e,
					vouch_a64_part(VOUCH_A64_MOVK, true, rd,
						       (u32)(value >> shift),
						       shift));
	}
}

/* The kernel's addresses have 48 bits, and ones above. */
void vouch_arm64_put_address(struct vouch_arm64_emitter *e, u32 rd, u64 value)
{
	vouch_arm64_put(
		e, vouch_a64_part(VOUCH_A64_MOVN, true, rd, ~(u32)value, 0));
	vouch_arm64_put(e, vouch_a64_part(VOUCH_A64_MOVK, true, rd,
					  (u32)(value >> 16), 16));
	vouch_arm64_put(e, vouch_a64_part(VOUCH_A64_MOVK, true, rd,
					  (u32)(value >> 32), 32));
}

static int emit_constant(struct vouch_arm64_emitter *e)
{
	if (e->unit->insn.code != (BPF_LD | BPF_IMM | BPF_DW))
		return -EINVAL;
	if (e->unit->insn.src_reg == BPF_PSEUDO_FUNC)
		vouch_arm64_put_address(e, e->dst, e->unit->value);
	else
		vouch_arm64_put_wide(e, e->dst, e->unit->value);
	return 0;
}

static int emit(struct vouch_arm64_emitter *e)
{
	switch (BPF_CLASS(e->unit->insn.code)) {
	case BPF_LD:
		return emit_constant(e);
	case BPF_LDX:
		return vouch_arm64_emit_load(e);
	case BPF_ST:
	case BPF_STX:
		return vouch_arm64_emit_store(e);
	case BPF_JMP:
	case BPF_JMP32:
		return vouch_arm64_emit_branch(e);
	default:
		return vouch_arm64_emit_alu(e);
	}
}

int vouch_arm64_emit(const struct vouch_arm64_unit *unit,
		     const struct vouch_arm64_frame *frame,
		     u32 words[VOUCH_ARM64_WORDS])
{
	struct vouch_arm64_emitter e = {
		.unit = unit,
		.frame = frame,
		.words = words,
		.op = BPF_OP(unit->insn.code) >> 4,
		.wide = vouch_insn_is_64bit(&unit->insn),
	};
	int ret;

	if (unit->insn.dst_reg >= VOUCH_N_REGS ||
	    unit->insn.src_reg >= VOUCH_N_REGS)
		return -EINVAL;
	e.dst = vouch_arm64_registers[unit->insn.dst_reg];
	e.src = vouch_arm64_registers[unit->insn.src_reg];
	ret = emit(&e);
	return ret ? ret : (int)e.n;
}
