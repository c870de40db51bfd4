// SPDX-License-Identifier: BSD-2-Clause
/* Instructions as the kernel's conversions emit them. */

#include "check_compiled.h"

static bool is_branch(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32;
}

bool vouch_compiled_alike(const struct vouch_expansion *a,
			  const struct vouch_expansion *b)
{
	u32 n;

	if (a->n != b->n)
		return false;
	for (n = 0; n < a->n; n++) {
		const struct bpf_insn *i = &a->insns[n], *j = &b->insns[n];

		if (i->code != j->code || i->dst_reg != j->dst_reg ||
		    i->src_reg != j->src_reg ||
		    (is_branch(i) && i->off != j->off))
			return false;
	}
	return true;
}

static bool alu_known(const struct bpf_insn *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_MOV:
	case BPF_ADD:
	case BPF_SUB:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		return true;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return BPF_SRC(i->code) == BPF_K && i->imm > 0 &&
		       i->imm < (vouch_insn_is_64bit(i) ? 64 : 32);
	default:
		return false;
	}
}

static bool jump_known(const struct bpf_insn *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->code == (BPF_JMP | BPF_JA);
	case BPF_CALL:
	case BPF_EXIT:
		return false;
	default:
		return BPF_OP(i->code) <= BPF_JSLE;
	}
}

static bool known(const struct vouch_expansion *e, u32 n)
{
	const struct bpf_insn *i = &e->insns[n];

	if (i->dst_reg >= VOUCH_N_REGS || i->src_reg >= VOUCH_N_REGS)
		return false;
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_known(i);
	case BPF_LDX:
	case BPF_STX:
		return BPF_MODE(i->code) == BPF_MEM;
	case BPF_JMP:
	case BPF_JMP32:
		/* Forward, and no further than behind the last. */
		return jump_known(i) && i->off >= 0 && (u32)i->off < e->n - n;
	default:
		return false;
	}
}

bool vouch_compiled_knows(const struct vouch_expansion *e)
{
	u32 n;

	for (n = 0; n < e->n; n++)
		if (!known(e, n))
			return false;
	return true;
}
