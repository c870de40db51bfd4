// SPDX-License-Identifier: BSD-2-Clause
/* A place in the code while it is read. */

#include "reader.h"

#define NO_REG 0xff

/* The instruction @ahead of where the reader is. */
const struct vouch_arm64_insn *
vouch_arm64_peek(const struct vouch_arm64_reader *r, u32 ahead)
{
	static const struct vouch_arm64_insn none = {
		.mnemonic = "",
		.kind = VOUCH_ARM64_NOP,
		.rd = VOUCH_ARM64_ZR,
		.rn = VOUCH_ARM64_ZR,
		.rm = VOUCH_ARM64_ZR,
	};

	return ahead < r->body->n - r->at ? &r->body->insns[r->at + ahead]
					  : &none;
}

/* Which of eBPF's registers @reg is. */
static u8 register_of(u8 reg)
{
	u8 i;

	for (i = 0; i < VOUCH_N_REGS; i++)
		if (vouch_arm64_registers[i] == reg)
			return i;
	return NO_REG;
}

bool vouch_arm64_set_dst(struct vouch_arm64_reader *r, u8 reg)
{
	u8 i = register_of(reg);

	r->unit->insn.dst_reg = i & 0xf;
	return i != NO_REG;
}

bool vouch_arm64_set_src(struct vouch_arm64_reader *r, u8 reg)
{
	u8 i = register_of(reg);

	r->unit->insn.src_reg = i & 0xf;
	return i != NO_REG;
}

/* The operation of that name in eBPF. */
u8 vouch_arm64_operation(const struct vouch_arm64_insn *insn)
{
	static const struct {
		const char *mnemonic;
		u8 op;
	} names[] = {
		{ "add", BPF_ADD },  { "sub", BPF_SUB }, { "and", BPF_AND },
		{ "orr", BPF_OR },   { "eor", BPF_XOR }, { "mul", BPF_MUL },
		{ "udiv", BPF_DIV }, { "lsl", BPF_LSH }, { "lsr", BPF_RSH },
		{ "asr", BPF_ARSH },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(insn->mnemonic, names[i].mnemonic))
			return names[i].op;
	return VOUCH_ARM64_NO_OP;
}

bool vouch_arm64_is_number(const struct vouch_arm64_insn *insn)
{
	return insn->kind == VOUCH_ARM64_MOVZ || insn->kind == VOUCH_ARM64_MOVN;
}

/* Takes the instructions that put a number into a register. */
void vouch_arm64_take_number(struct vouch_arm64_reader *r,
			     struct vouch_arm64_number *number)
{
	const struct vouch_arm64_insn *insn = vouch_arm64_peek(r, 0);
	u64 part = (u64)insn->imm << insn->shift;
	u32 n = 1;

	*number = (struct vouch_arm64_number){
		.value = insn->kind == VOUCH_ARM64_MOVN ? ~part : part,
		.rd = insn->rd,
		.wide = insn->wide,
		.address = insn->kind == VOUCH_ARM64_MOVN && !insn->shift,
	};
	for (; vouch_arm64_peek(r, n)->kind == VOUCH_ARM64_MOVK &&
	       vouch_arm64_peek(r, n)->rd == number->rd &&
	       vouch_arm64_peek(r, n)->wide == number->wide;
	     n++) {
		insn = vouch_arm64_peek(r, n);
		number->value &= ~(0xffffull << insn->shift);
		number->value |= (u64)insn->imm << insn->shift;
	}
	if (!number->wide)
		number->value = (u32)number->value;
	number->address = number->address && n == 3;
	r->at += n;
}
