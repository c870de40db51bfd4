// SPDX-License-Identifier: BSD-2-Clause
/*
 * Instructions as the kernel's conversions emit them, against the code that the
 * JIT makes of each: one or two of the closed list's forms, or nothing.
 */

#include "compiled.h"
#include "insn.h"

#define NOWHERE INT64_MIN

static const u8 registers[VOUCH_N_REGS] = {
	VOUCH_X86_RAX, VOUCH_X86_RDI, VOUCH_X86_RSI, VOUCH_X86_RDX,
	VOUCH_X86_RCX, VOUCH_X86_R8,  VOUCH_X86_RBX, VOUCH_X86_R13,
	VOUCH_X86_R14, VOUCH_X86_R15, VOUCH_X86_RBP, VOUCH_X86_R10,
};

/* What an operation is called. */
static const char *const sums[16] = {
	[BPF_ADD >> 4] = "add", [BPF_SUB >> 4] = "sub", [BPF_OR >> 4] = "or",
	[BPF_AND >> 4] = "and", [BPF_XOR >> 4] = "xor",
};

static const char *const shifts[16] = {
	[BPF_LSH >> 4] = "shl",
	[BPF_RSH >> 4] = "shr",
	[BPF_ARSH >> 4] = "sar",
};

static const char *const branches[16] = {
	[BPF_JEQ >> 4] = "je",	 [BPF_JNE >> 4] = "jne",
	[BPF_JSET >> 4] = "jne", [BPF_JGT >> 4] = "ja",
	[BPF_JLT >> 4] = "jb",	 [BPF_JGE >> 4] = "jae",
	[BPF_JLE >> 4] = "jbe",	 [BPF_JSGT >> 4] = "jg",
	[BPF_JSLT >> 4] = "jl",	 [BPF_JSGE >> 4] = "jge",
	[BPF_JSLE >> 4] = "jle",
};

/* A sequence while its code is read. */
struct compiled {
	const u8 *code;
	u32 len;
	u32 pos;
	struct vouch_x86_insn insn; /* the last that was read */
};

static const char *name(const char *const names[16], const struct bpf_insn *i)
{
	return names[BPF_OP(i->code) >> 4];
}

static bool is_jump(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_JA);
}

static bool read_insn(struct compiled *c)
{
	if (vouch_x86_decode(c->code + c->pos, c->len - c->pos, &c->insn))
		return false;
	c->pos += c->insn.len;
	return true;
}

/* Is it a computation of that name on registers, of that width? */
static bool is_on(const struct compiled *c, const char *mnemonic, bool wide,
		  u8 rm, u8 reg)
{
	return !c->insn.mem && !strcmp(c->insn.mnemonic, mnemonic) &&
	       c->insn.wide == wide && c->insn.rm == rm && c->insn.reg == reg;
}

/* Zero has a form of its own, as has what is not negative. */
static bool read_constant(struct compiled *c, const struct bpf_insn *i, u8 dst)
{
	bool wide = vouch_insn_is_64bit(i) && i->imm < 0;

	if (!read_insn(c))
		return false;
	if (!i->imm)
		return is_on(c, "xor", false, dst, dst);
	return c->insn.kind == VOUCH_X86_MOV_IMM && c->insn.wide == wide &&
	       c->insn.rm == dst && (u32)c->insn.imm == (u32)i->imm;
}

static bool read_shift(struct compiled *c, const struct bpf_insn *i, u8 dst)
{
	u32 rex = vouch_insn_is_64bit(i) || dst >= VOUCH_X86_R8;

	if (!read_insn(c) || c->insn.kind != VOUCH_X86_PLAIN ||
	    !is_on(c, name(shifts, i), vouch_insn_is_64bit(i), dst,
		   VOUCH_X86_NO_REG))
		return false;
	if (i->imm == 1) /* has no immediate, and is a byte shorter */
		return c->insn.len == rex + 2;
	return c->insn.imm == i->imm;
}

static bool read_alu(struct compiled *c, const struct bpf_insn *i)
{
	u8 dst = registers[i->dst_reg], src = registers[i->src_reg];

	if (name(shifts, i))
		return read_shift(c, i, dst);
	if (BPF_OP(i->code) == BPF_MOV && BPF_SRC(i->code) == BPF_K)
		return read_constant(c, i, dst);
	/* What changes nothing is left out. */
	if (BPF_OP(i->code) == BPF_MOV && vouch_insn_is_64bit(i) && dst == src)
		return true;
	if (!read_insn(c))
		return false;
	if (BPF_OP(i->code) == BPF_MOV)
		return is_on(c, "mov", vouch_insn_is_64bit(i), dst, src);
	if (BPF_SRC(i->code) == BPF_X)
		return is_on(c, name(sums, i), vouch_insn_is_64bit(i), dst,
			     src);
	return is_on(c, name(sums, i), vouch_insn_is_64bit(i), dst,
		     VOUCH_X86_NO_REG) &&
	       c->insn.imm == i->imm;
}

static bool read_memory(struct compiled *c, const struct bpf_insn *i)
{
	bool load = BPF_CLASS(i->code) == BPF_LDX;
	u8 base = registers[load ? i->src_reg : i->dst_reg];
	u8 value = registers[load ? i->dst_reg : i->src_reg];

	return read_insn(c) && c->insn.mem && c->insn.loads == load &&
	       (load || !strcmp(c->insn.mnemonic, "mov")) &&
	       c->insn.rm == base && c->insn.reg == value &&
	       c->insn.disp == i->off && c->insn.access == vouch_insn_bytes(i);
}

static bool read_comparison(struct compiled *c, const struct bpf_insn *i)
{
	u8 dst = registers[i->dst_reg], src = registers[i->src_reg];
	bool set = BPF_OP(i->code) == BPF_JSET;
	const char *what = set ? "test" : "cmp";

	if (!read_insn(c))
		return false;
	if (BPF_SRC(i->code) == BPF_X)
		return is_on(c, what, vouch_insn_is_64bit(i), dst, src);
	if (!set && !i->imm)
		return is_on(c, "test", vouch_insn_is_64bit(i), dst, dst);
	return is_on(c, what, vouch_insn_is_64bit(i), dst, VOUCH_X86_NO_REG) &&
	       c->insn.imm == i->imm;
}

/* Sets where it goes, in bytes of the code. */
static bool read_branch(struct compiled *c, const struct bpf_insn *i, s64 *to)
{
	if (is_jump(i)) {
		if (!read_insn(c) || c->insn.kind != VOUCH_X86_JMP)
			return false;
	} else if (!read_comparison(c, i) || !read_insn(c) ||
		   c->insn.kind != VOUCH_X86_JCC ||
		   strcmp(c->insn.mnemonic, name(branches, i)) != 0) {
		return false;
	}
	*to = (s64)c->pos + c->insn.imm;
	return true;
}

/* @to: where a branch goes, else NOWHERE. */
static bool read_one(struct compiled *c, const struct bpf_insn *i, s64 *to)
{
	*to = NOWHERE;
	switch (BPF_CLASS(i->code)) {
	case BPF_LDX:
	case BPF_STX:
		return read_memory(c, i);
	case BPF_JMP:
	case BPF_JMP32:
		/* A jump to the next instruction is left out. */
		if (is_jump(i) && !i->off)
			return true;
		return read_branch(c, i, to);
	default:
		return read_alu(c, i);
	}
}

int vouch_x86_compiled_length(const struct vouch_expansion *e, const u8 *code,
			      u32 len)
{
	struct compiled c = { .code = code, .len = len };
	s64 starts[VOUCH_EXPANSION_MAX + 1], to[VOUCH_EXPANSION_MAX];
	u32 n;

	if (!vouch_compiled_knows(e))
		return -EINVAL;
	for (n = 0; n < e->n; n++) {
		starts[n] = c.pos;
		if (!read_one(&c, &e->insns[n], &to[n]))
			return -EINVAL;
	}
	starts[n] = c.pos;
	for (n = 0; n < e->n; n++)
		if (to[n] != NOWHERE &&
		    to[n] != starts[n + 1 + (u32)e->insns[n].off])
			return -EINVAL;
	return (int)c.pos;
}
