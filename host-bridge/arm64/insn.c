// SPDX-License-Identifier: BSD-2-Clause
/* The closed list of instruction forms. */

#include "insn.h"

#define SF (1u << 31) /* 64 bits, where an instruction has two widths */

/* How the operands of a form are laid out. */
enum layout {
	NONE,
	HINT, /* a number, which older CPUs take for nothing */
	TWO, /* rd, rn */
	THREE, /* rd, rn, rm */
	FOUR, /* rd, rn, rm, ra */
	ADD_IMM, /* 12 bits, shifted by 12 or not */
	SUB_IMM, /* the same, taken off */
	BITMASK,
	BITFIELD,
	PART, /* 16 bits and where they go */
	SCALED, /* memory at rn and 12 bits, in units of the access */
	INDEXED, /* memory at rn and rm */
	AT_REG, /* memory at rn */
	PAIR,
	LITERAL,
	FAR, /* 26 bits of a branch */
	NEAR, /* 19 bits */
	BY_REG, /* to rn */
};

struct form {
	u32 mask, value; /* without the width, where there are two */
	const char *mnemonic;
	u8 layout;
	u8 kind;
	bool widths; /* bit 31 says which */
};

#define BOTH true
#define ONE false

static const struct form forms[] = {
	{ 0x7fe0fc1f, 0x6b00001f, "cmp", THREE, VOUCH_ARM64_COMPARE, BOTH },
	{ 0x7fe0fc1f, 0x6a00001f, "tst", THREE, VOUCH_ARM64_COMPARE, BOTH },
	{ 0x7fe0ffe0, 0x4b0003e0, "neg", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0ffe0, 0x2a2003e0, "mvn", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x0b000000, "add", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x4b000000, "sub", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x0a000000, "and", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x2a000000, "orr", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x4a000000, "eor", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x1ac00800, "udiv", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x1ac02000, "lsl", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x1ac02400, "lsr", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x1ac02800, "asr", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe0fc00, 0x1b007c00, "mul", THREE, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7fe08000, 0x1b008000, "msub", FOUR, VOUCH_ARM64_PLAIN, BOTH },
	{ 0x7ffffc00, 0x5ac00400, "rev16", TWO, VOUCH_ARM64_PLAIN, BOTH },
	{ 0xfffffc00, 0x5ac00800, "rev", TWO, VOUCH_ARM64_PLAIN, BOTH },
	{ 0xfffffc00, 0xdac00800, "rev32", TWO, VOUCH_ARM64_PLAIN, ONE },
	{ 0xfffffc00, 0xdac00c00, "rev", TWO, VOUCH_ARM64_PLAIN, BOTH },

	{ 0x7f80001f, 0x3100001f, "cmn", ADD_IMM, VOUCH_ARM64_COMPARE, BOTH },
	{ 0x7f80001f, 0x7100001f, "cmp", ADD_IMM, VOUCH_ARM64_COMPARE, BOTH },
	{ 0x7f800000, 0x11000000, "add", ADD_IMM, VOUCH_ARM64_ADD, BOTH },
	{ 0x7f800000, 0x51000000, "sub", SUB_IMM, VOUCH_ARM64_ADD, BOTH },
	{ 0x7f80001f, 0x7200001f, "tst", BITMASK, VOUCH_ARM64_COMPARE, BOTH },
	{ 0x7f800000, 0x12000000, "and", BITMASK, VOUCH_ARM64_LOGIC, BOTH },
	{ 0x7f800000, 0x32000000, "orr", BITMASK, VOUCH_ARM64_LOGIC, BOTH },
	{ 0x7f800000, 0x52000000, "eor", BITMASK, VOUCH_ARM64_LOGIC, BOTH },
	{ 0x7f800000, 0x53000000, "lsr", BITFIELD, VOUCH_ARM64_SHIFT, BOTH },
	{ 0x7f800000, 0x13000000, "asr", BITFIELD, VOUCH_ARM64_SHIFT, BOTH },
	{ 0x7f800000, 0x12800000, "movn", PART, VOUCH_ARM64_MOVN, BOTH },
	{ 0x7f800000, 0x52800000, "movz", PART, VOUCH_ARM64_MOVZ, BOTH },
	{ 0x7f800000, 0x72800000, "movk", PART, VOUCH_ARM64_MOVK, BOTH },

	{ 0xffc00000, 0x39400000, "ldrb", SCALED, VOUCH_ARM64_LOAD, ONE },
	{ 0xffc00000, 0x79400000, "ldrh", SCALED, VOUCH_ARM64_LOAD, ONE },
	{ 0xbfc00000, 0xb9400000, "ldr", SCALED, VOUCH_ARM64_LOAD, ONE },
	{ 0xffc00000, 0x39000000, "strb", SCALED, VOUCH_ARM64_STORE, ONE },
	{ 0xffc00000, 0x79000000, "strh", SCALED, VOUCH_ARM64_STORE, ONE },
	{ 0xbfc00000, 0xb9000000, "str", SCALED, VOUCH_ARM64_STORE, ONE },
	{ 0xffe0fc00, 0x38606800, "ldrb", INDEXED, VOUCH_ARM64_LOAD, ONE },
	{ 0xffe0fc00, 0x78606800, "ldrh", INDEXED, VOUCH_ARM64_LOAD, ONE },
	{ 0xbfe0fc00, 0xb8606800, "ldr", INDEXED, VOUCH_ARM64_LOAD, ONE },
	{ 0xffe0fc00, 0x38206800, "strb", INDEXED, VOUCH_ARM64_STORE, ONE },
	{ 0xffe0fc00, 0x78206800, "strh", INDEXED, VOUCH_ARM64_STORE, ONE },
	{ 0xbfe0fc00, 0xb8206800, "str", INDEXED, VOUCH_ARM64_STORE, ONE },
	{ 0xff000000, 0x58000000, "ldr", LITERAL, VOUCH_ARM64_LITERAL, ONE },
	{ 0xffff8000, 0xa9bf0000, "stp", PAIR, VOUCH_ARM64_PUSH, ONE },
	{ 0xffff8000, 0xa8c10000, "ldp", PAIR, VOUCH_ARM64_POP, ONE },

	{ 0xbffffc00, 0x885f7c00, "ldxr", AT_REG, VOUCH_ARM64_EXCLUSIVE, ONE },
	{ 0xbfe0fc00, 0x88007c00, "stxr", AT_REG, VOUCH_ARM64_EXCLUSIVE, ONE },
	{ 0xbfe0fc00, 0x8800fc00, "stlxr", AT_REG, VOUCH_ARM64_EXCLUSIVE, ONE },

	{ 0xfc000000, 0x14000000, "b", FAR, VOUCH_ARM64_B, ONE },
	{ 0xff000010, 0x54000000, "b", NEAR, VOUCH_ARM64_B_COND, ONE },
	{ 0x7f000000, 0x34000000, "cbz", NEAR, VOUCH_ARM64_CB, BOTH },
	{ 0x7f000000, 0x35000000, "cbnz", NEAR, VOUCH_ARM64_CB, BOTH },
	{ 0xfffffc1f, 0xd61f0000, "br", BY_REG, VOUCH_ARM64_BR, ONE },
	{ 0xfffffc1f, 0xd63f0000, "blr", BY_REG, VOUCH_ARM64_BLR, ONE },
	{ 0xffffffff, 0xd65f03c0, "ret", BY_REG, VOUCH_ARM64_RET, ONE },
	{ 0xffffffff, 0xd503201f, "nop", NONE, VOUCH_ARM64_NOP, ONE },
	{ 0xffffffff, 0xd503233f, "hint", HINT, VOUCH_ARM64_PACIASP, ONE },
	{ 0xffffffff, 0xd50323bf, "hint", HINT, VOUCH_ARM64_AUTIASP, ONE },
	{ 0xffffffff, 0xd5033bbf, "dmb", NONE, VOUCH_ARM64_BARRIER, ONE },
};

/* By the four bits of a condition; those that the JIT knows. */
static const char *const conditions[16] = {
	[0] = "b.eq",  [1] = "b.ne",  [2] = "b.hs",  [3] = "b.lo",
	[8] = "b.hi",  [9] = "b.ls",  [10] = "b.ge", [11] = "b.lt",
	[12] = "b.gt", [13] = "b.le",
};

static u32 bits(u32 word, u32 low, u32 n)
{
	return word >> low & ((1u << n) - 1);
}

static s64 extend(u32 value, u32 n)
{
	const u32 sign = 1u << (n - 1);

	return (s64)(value ^ sign) - (s64)sign;
}

/*
 * The number of a logical instruction: a run of ones, rotated, in an element of
 * 2 to 64 bits that fills the register (DecodeBitMasks() of the architecture's
 * manual). Not 0, and not all ones.
 */
static bool read_bitmask(u32 word, struct vouch_arm64_insn *insn)
{
	u32 n = bits(word, 22, 1), rotate = bits(word, 16, 6);
	u32 ones = bits(word, 10, 6), size = 64;
	u64 element, value;

	if (n && !insn->wide)
		return false;
	if (!n)
		for (size = 32; size > 1 && ones & size; size /= 2)
			;
	if (size < 2)
		return false;
	ones = (ones & (size - 1)) + 1;
	rotate &= size - 1;
	/* The JIT leaves the bits above an element's size alone. */
	if (ones == size || bits(word, 16, 6) != rotate)
		return false;
	element = (1ull << ones) - 1;
	if (rotate)
		element = element >> rotate | (element & ((1ull << rotate) - 1))
						      << (size - rotate);
	for (value = element; size < 64; size *= 2)
		value |= value << size;
	insn->imm = insn->wide ? (s64)value : (s64)(value & UINT32_MAX);
	insn->has_imm = true;
	return true;
}

/* Of all bitfield moves, shifts by a constant, uxth and uxtw. */
static bool read_bitfield(u32 word, struct vouch_arm64_insn *insn)
{
	u32 n = bits(word, 22, 1), rotate = bits(word, 16, 6);
	u32 last = bits(word, 10, 6), size = insn->wide ? 64 : 32;
	bool is_signed = !strcmp(insn->mnemonic, "asr");

	if (n != insn->wide || rotate >= size || last >= size)
		return false;
	insn->has_imm = true;
	insn->imm = rotate;
	if (last == size - 1)
		return true;
	if (is_signed)
		return false;
	if (last + 1 == rotate) {
		insn->mnemonic = "lsl";
		insn->imm = size - rotate;
		return true;
	}
	insn->has_imm = false;
	insn->imm = 0;
	if (rotate || (last != 15 && last != 31))
		return false;
	/* Without a shift Capstone names the halfword of 32 bits only. */
	insn->mnemonic = !insn->wide && last == 15 ? "uxth" : "ubfx";
	return true;
}

static bool read_part(u32 word, struct vouch_arm64_insn *insn)
{
	insn->shift = (u8)(16 * bits(word, 21, 2));
	insn->imm = bits(word, 5, 16);
	insn->has_imm = true;
	return insn->wide || insn->shift <= 16;
}

static void read_add(u32 word, bool negative, struct vouch_arm64_insn *insn)
{
	s64 imm = (s64)bits(word, 10, 12) << (bits(word, 22, 1) ? 12 : 0);

	insn->has_imm = true;
	insn->imm = negative ? -imm : imm;
	/* To or from the stack pointer, adding nothing is a move. */
	if (!negative && insn->kind == VOUCH_ARM64_ADD && !imm &&
	    !bits(word, 22, 1) &&
	    (insn->rd == VOUCH_ARM64_ZR || insn->rn == VOUCH_ARM64_ZR))
		insn->mnemonic = "mov";
}

static void read_registers(u32 word, const struct form *f,
			   struct vouch_arm64_insn *insn)
{
	insn->rd = (u8)bits(word, 0, 5);
	insn->rn = (u8)bits(word, 5, 5);
	if (f->layout == THREE || f->layout == FOUR || f->layout == INDEXED ||
	    f->layout == AT_REG)
		insn->rm = (u8)bits(word, 16, 5);
	if (f->layout == FOUR)
		insn->ra = (u8)bits(word, 10, 5);
	if (f->layout == PAIR)
		insn->rm = (u8)bits(word, 10, 5);
	if (f->layout == PART || f->layout == LITERAL || f->layout == NEAR)
		insn->rn = VOUCH_ARM64_ZR;
	if (f->layout == BY_REG)
		insn->rd = VOUCH_ARM64_ZR;
	if (f->layout == NONE || f->layout == HINT || f->layout == FAR)
		insn->rd = insn->rn = VOUCH_ARM64_ZR;
}

static bool read_near(u32 word, struct vouch_arm64_insn *insn)
{
	insn->imm = 4 * extend(bits(word, 5, 19), 19);
	if (insn->kind != VOUCH_ARM64_B_COND)
		return true;
	insn->mnemonic = conditions[bits(word, 0, 4)];
	insn->rd = VOUCH_ARM64_ZR;
	return insn->mnemonic != NULL;
}

static bool read_operands(u32 word, const struct form *f,
			  struct vouch_arm64_insn *insn)
{
	switch (f->layout) {
	case THREE:
		/* What would be another name's, the JIT does not write. */
		return insn->rn != VOUCH_ARM64_ZR || f->mask & 0x3e0;
	case FOUR:
		return insn->ra != VOUCH_ARM64_ZR;
	case HINT:
		insn->imm = bits(word, 5, 7);
		insn->has_imm = true;
		return true;
	case ADD_IMM:
	case SUB_IMM:
		read_add(word, f->layout == SUB_IMM, insn);
		return true;
	case BITMASK:
		return read_bitmask(word, insn);
	case BITFIELD:
		return read_bitfield(word, insn);
	case PART:
		return read_part(word, insn);
	case SCALED:
		insn->access = (u8)(1u << bits(word, 30, 2));
		insn->imm = (s64)bits(word, 10, 12) * insn->access;
		insn->has_imm = true;
		return true;
	case INDEXED:
	case AT_REG:
		insn->access = (u8)(1u << bits(word, 30, 2));
		return true;
	case PAIR:
		insn->access = 16;
		return insn->rn == VOUCH_ARM64_ZR;
	case LITERAL:
		insn->access = 8;
		insn->imm = 4 * extend(bits(word, 5, 19), 19);
		return true;
	case FAR:
		insn->imm = 4 * extend(bits(word, 0, 26), 26);
		return true;
	case NEAR:
		return read_near(word, insn);
	default:
		return true;
	}
}

int vouch_arm64_decode(u32 word, struct vouch_arm64_insn *insn)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *f = &forms[i];

		if ((word & f->mask) != f->value)
			continue;
		*insn = (struct vouch_arm64_insn){
			.mnemonic = f->mnemonic,
			.kind = f->kind,
			.wide = f->widths ? !!(word & SF) : true,
			.rm = VOUCH_ARM64_ZR,
			.ra = VOUCH_ARM64_ZR,
		};
		read_registers(word, f, insn);
		return read_operands(word, f, insn) ? 0 : -EINVAL;
	}
	return -EINVAL;
}
