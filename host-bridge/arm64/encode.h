/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encodings of the instructions that the arm64 JIT writes: the way back of
 * insn.c, whose masks are the same.
 */
#ifndef VOUCH_ARM64_ENCODE_H
#define VOUCH_ARM64_ENCODE_H

#include "../../common/base.h"

/* Without registers, width (bit 31) and immediate. */
enum vouch_arm64_opcode {
	VOUCH_A64_ADD = 0x0b000000,
	VOUCH_A64_SUB = 0x4b000000,
	VOUCH_A64_AND = 0x0a000000,
	VOUCH_A64_ORR = 0x2a000000,
	VOUCH_A64_EOR = 0x4a000000,
	VOUCH_A64_CMP = 0x6b00001f,
	VOUCH_A64_TST = 0x6a00001f,
	VOUCH_A64_UDIV = 0x1ac00800,
	VOUCH_A64_LSL = 0x1ac02000,
	VOUCH_A64_LSR = 0x1ac02400,
	VOUCH_A64_ASR = 0x1ac02800,
	VOUCH_A64_MUL = 0x1b007c00,
	VOUCH_A64_MSUB = 0x1b008000,
	VOUCH_A64_REV16 = 0x5ac00400,
	VOUCH_A64_REV_W = 0x5ac00800,
	VOUCH_A64_REV_X = 0xdac00c00,
	VOUCH_A64_ADD_IMM = 0x11000000,
	VOUCH_A64_SUB_IMM = 0x51000000,
	VOUCH_A64_CMN_IMM = 0x3100001f,
	VOUCH_A64_CMP_IMM = 0x7100001f,
	VOUCH_A64_AND_IMM = 0x12000000,
	VOUCH_A64_ORR_IMM = 0x32000000,
	VOUCH_A64_EOR_IMM = 0x52000000,
	VOUCH_A64_TST_IMM = 0x7200001f,
	VOUCH_A64_UBFM = 0x53000000,
	VOUCH_A64_SBFM = 0x13000000,
	VOUCH_A64_MOVN = 0x12800000,
	VOUCH_A64_MOVZ = 0x52800000,
	VOUCH_A64_MOVK = 0x72800000,
	VOUCH_A64_LDR_IMM = 0x39400000,
	VOUCH_A64_STR_IMM = 0x39000000,
	VOUCH_A64_LDR_REG = 0x38606800,
	VOUCH_A64_STR_REG = 0x38206800,
	VOUCH_A64_LDR_LITERAL = 0x58000000,
	VOUCH_A64_ADR = 0x10000000,
	VOUCH_A64_LDXR = 0x885f7c00,
	VOUCH_A64_STXR = 0x88007c00,
	VOUCH_A64_STLXR = 0x8800fc00,
	VOUCH_A64_DMB_ISH = 0xd5033bbf,
	VOUCH_A64_B = 0x14000000,
	VOUCH_A64_BL = 0x94000000,
	VOUCH_A64_B_COND = 0x54000000,
	VOUCH_A64_CBZ = 0x34000000,
	VOUCH_A64_CBNZ = 0x35000000,
	VOUCH_A64_BR = 0xd61f0000,
	VOUCH_A64_BLR = 0xd63f0000,
	VOUCH_A64_NOP = 0xd503201f,
	VOUCH_A64_BRK = 0xd4202000, /* AARCH64_BREAK_FAULT */
};

/* Conditions that the JIT branches on. */
enum vouch_arm64_condition {
	VOUCH_A64_EQ = 0,
	VOUCH_A64_NE = 1,
	VOUCH_A64_HS = 2,
	VOUCH_A64_LO = 3,
	VOUCH_A64_HI = 8,
	VOUCH_A64_LS = 9,
	VOUCH_A64_GE = 10,
	VOUCH_A64_LT = 11,
	VOUCH_A64_GT = 12,
	VOUCH_A64_LE = 13,
};

static inline u32 vouch_a64_width(bool wide)
{
	return wide ? 1u << 31 : 0;
}

/* rd, rn, rm, all of one width. */
static inline u32 vouch_a64_three(u32 op, bool wide, u32 rd, u32 rn, u32 rm)
{
	return op | vouch_a64_width(wide) | rm << 16 | rn << 5 | rd;
}

/* An immediate of 12 bits, or of 12 bits shifted by 12. */
static inline u32 vouch_a64_add_imm(u32 op, bool wide, u32 rd, u32 rn, u32 imm)
{
	u32 field = imm <= 0xfff ? imm << 10 : 1u << 22 | (imm >> 12) << 10;

	return op | vouch_a64_width(wide) | field | rn << 5 | rd;
}

static inline u32 vouch_a64_bitfield(u32 op, bool wide, u32 rd, u32 rn,
				     u32 rotate, u32 last)
{
	return op | vouch_a64_width(wide) | (wide ? 1u << 22 : 0) |
	       rotate << 16 | last << 10 | rn << 5 | rd;
}

static inline u32 vouch_a64_part(u32 op, bool wide, u32 rd, u32 imm, u32 shift)
{
	return op | vouch_a64_width(wide) | shift / 16 << 21 |
	       (imm & 0xffff) << 5 | rd;
}

/* @size: log2 of the bytes accessed; @imm: in units of them */
static inline u32 vouch_a64_memory(u32 op, u32 size, u32 rt, u32 rn, u32 imm)
{
	return op | size << 30 | imm << 10 | rn << 5 | rt;
}

static inline u32 vouch_a64_indexed(u32 op, u32 size, u32 rt, u32 rn, u32 rm)
{
	return op | size << 30 | rm << 16 | rn << 5 | rt;
}

/* Branches: bytes from the instruction. */
static inline u32 vouch_a64_far(u32 op, s64 bytes)
{
	return op | ((u32)(bytes / 4) & 0x3ffffff);
}

static inline u32 vouch_a64_near(u32 op, s64 bytes)
{
	return op | ((u32)(bytes / 4) & 0x7ffff) << 5;
}

/* The address of a place @bytes from the instruction, at most 1 MiB. */
static inline u32 vouch_a64_adr(u32 rd, s64 bytes)
{
	u32 value = (u32)bytes & 0x1fffff;

	return VOUCH_A64_ADR | (value & 3) << 29 | value >> 2 << 5 | rd;
}

/* Can an addition hold the number? */
static inline bool vouch_a64_fits_add(u32 imm)
{
	return !(imm & ~0xfffu) || !(imm & ~0xfff000u);
}

/**
 * vouch_a64_logic() - encode a number for a logical instruction.
 * @wide: of 64 bits, extended by its sign
 * @number: the number
 * @field: set to the bits of the instruction that hold it
 *
 * Such a number is a run of ones, rotated and repeated; most are none.
 * Source: DecodeBitMasks() of the architecture's manual.
 *
 * Return: false if no instruction holds it.
 */
bool vouch_a64_logic(bool wide, s32 number, u32 *field);

#endif /* VOUCH_ARM64_ENCODE_H */
