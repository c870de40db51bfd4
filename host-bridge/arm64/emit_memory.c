// SPDX-License-Identifier: BSD-2-Clause
/* Loads, stores and atomic operations. */

#include "emitter.h"

/* log2 of the bytes that an access has. */
static u32 log_size(u8 code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 0;
	case BPF_H:
		return 1;
	case BPF_W:
		return 2;
	default:
		return 3;
	}
}

/*
 * @rt at @base + offset; what an immediate cannot hold goes into @tmp. From the
 * frame pointer offsets are negative, so x27 serves, which lies below.
 */
static void emit_access(struct vouch_arm64_emitter *e, bool load, u32 rt,
			u32 base, u32 tmp)
{
	s32 off = e->unit->insn.off, scaled = off;
	u32 size = log_size(e->unit->insn.code), from = base;

	if (base == VOUCH_ARM64_FP && e->frame->bottom) {
		from = VOUCH_ARM64_BOTTOM;
		scaled += (s32)e->frame->bottom;
	}
	if (scaled >= 0 && scaled <= 0xfff << size &&
	    !(scaled & ((1 << size) - 1))) {
		vouch_arm64_put(e, vouch_a64_memory(load ? VOUCH_A64_LDR_IMM
							 : VOUCH_A64_STR_IMM,
						    size, rt, from,
						    (u32)scaled >> size));
		return;
	}
	vouch_arm64_put_number(e, true, tmp, off);
	vouch_arm64_put(e, vouch_a64_indexed(load ? VOUCH_A64_LDR_REG
						  : VOUCH_A64_STR_REG,
					     size, rt, base, tmp));
}

static u32 exclusive(u32 op, bool wide, u32 rt, u32 rn, u32 status)
{
	return op | (wide ? 1u << 30 : 0) | status << 16 | rn << 5 | rt;
}

/* Again, unless it was stored. */
static void put_again(struct vouch_arm64_emitter *e, s64 words)
{
	vouch_arm64_put(e, vouch_a64_near(VOUCH_A64_CBNZ | VOUCH_ARM64_TMP3,
					  4 * words));
}

static u32 atomic_sum(s32 imm)
{
	switch (imm & ~BPF_FETCH) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return vouch_arm64_sums[(imm & ~BPF_FETCH) >> 4];
	default:
		return 0;
	}
}

static void emit_exchange(struct vouch_arm64_emitter *e, bool wide, u32 at)
{
	vouch_arm64_put_mov(e, wide, VOUCH_ARM64_TMP2, e->src);
	vouch_arm64_put(e, exclusive(VOUCH_A64_LDXR, wide, e->src, at, 0));
	vouch_arm64_put(e, exclusive(VOUCH_A64_STLXR, wide, VOUCH_ARM64_TMP2,
				     at, VOUCH_ARM64_TMP3));
	put_again(e, -2);
}

static void emit_compare_exchange(struct vouch_arm64_emitter *e, bool wide,
				  u32 at)
{
	const u32 r0 = vouch_arm64_registers[BPF_REG_0];

	vouch_arm64_put_mov(e, wide, VOUCH_ARM64_TMP2, r0);
	vouch_arm64_put(e, exclusive(VOUCH_A64_LDXR, wide, r0, at, 0));
	vouch_arm64_put(e,
			vouch_a64_three(VOUCH_A64_EOR, wide, VOUCH_ARM64_TMP3,
					r0, VOUCH_ARM64_TMP2));
	vouch_arm64_put(e,
			vouch_a64_near(VOUCH_A64_CBNZ | vouch_a64_width(wide) |
					       VOUCH_ARM64_TMP3,
				       16));
	vouch_arm64_put(e, exclusive(VOUCH_A64_STLXR, wide, e->src, at,
				     VOUCH_ARM64_TMP3));
	put_again(e, -4);
}

static int emit_atomic(struct vouch_arm64_emitter *e)
{
	const struct bpf_insn *insn = &e->unit->insn;
	const u32 ax = vouch_arm64_registers[VOUCH_ARM64_AX];
	bool wide = BPF_SIZE(insn->code) == BPF_DW;
	u32 at = e->dst, sum = atomic_sum(insn->imm);

	if (!wide && BPF_SIZE(insn->code) != BPF_W)
		return -EINVAL;
	if (!sum && insn->imm != BPF_XCHG && insn->imm != BPF_CMPXCHG)
		return -EINVAL;
	if (insn->off) {
		vouch_arm64_put_number(e, true, VOUCH_ARM64_TMP, insn->off);
		vouch_arm64_put(e, vouch_a64_three(VOUCH_A64_ADD, true,
						   VOUCH_ARM64_TMP,
						   VOUCH_ARM64_TMP, e->dst));
		at = VOUCH_ARM64_TMP;
	}
	if (sum && !(insn->imm & BPF_FETCH)) {
		vouch_arm64_put(e, exclusive(VOUCH_A64_LDXR, wide,
					     VOUCH_ARM64_TMP2, at, 0));
		vouch_arm64_put(e, vouch_a64_three(sum, wide, VOUCH_ARM64_TMP2,
						   VOUCH_ARM64_TMP2, e->src));
		vouch_arm64_put(e, exclusive(VOUCH_A64_STXR, wide,
					     VOUCH_ARM64_TMP2, at,
					     VOUCH_ARM64_TMP3));
		put_again(e, -3);
		return 0;
	}
	if (sum) {
		vouch_arm64_put_mov(e, wide, ax, e->src);
		vouch_arm64_put(e,
				exclusive(VOUCH_A64_LDXR, wide, e->src, at, 0));
		vouch_arm64_put(e, vouch_a64_three(sum, wide, VOUCH_ARM64_TMP2,
						   e->src, ax));
		vouch_arm64_put(e, exclusive(VOUCH_A64_STLXR, wide,
					     VOUCH_ARM64_TMP2, at,
					     VOUCH_ARM64_TMP3));
		put_again(e, -3);
	} else if (insn->imm == BPF_XCHG) {
		emit_exchange(e, wide, at);
	} else {
		emit_compare_exchange(e, wide, at);
	}
	vouch_arm64_put(e, VOUCH_A64_DMB_ISH);
	return 0;
}

int vouch_arm64_emit_store(struct vouch_arm64_emitter *e)
{
	const struct bpf_insn *insn = &e->unit->insn;

	if (insn->code == (BPF_ST | VOUCH_BPF_NOSPEC))
		return 0;
	if (BPF_CLASS(insn->code) == BPF_STX &&
	    BPF_MODE(insn->code) == BPF_ATOMIC)
		return emit_atomic(e);
	if (BPF_MODE(insn->code) != BPF_MEM)
		return -EINVAL;
	if (BPF_CLASS(insn->code) == BPF_STX) {
		emit_access(e, false, e->src, e->dst, VOUCH_ARM64_TMP);
		return 0;
	}
	vouch_arm64_put_number(e, true, VOUCH_ARM64_TMP, insn->imm);
	emit_access(e, false, VOUCH_ARM64_TMP, e->dst, VOUCH_ARM64_TMP2);
	return 0;
}

int vouch_arm64_emit_load(struct vouch_arm64_emitter *e)
{
	u8 code = e->unit->insn.code;

	if (BPF_MODE(code) != BPF_MEM && BPF_MODE(code) != VOUCH_BPF_PROBE_MEM)
		return -EINVAL;
	emit_access(e, true, e->dst, e->src, VOUCH_ARM64_TMP);
	return 0;
}
