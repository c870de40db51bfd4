/* SPDX-License-Identifier: BSD-2-Clause */
/* A place in the code while it is read; for unit.c alone. */
#ifndef VOUCH_ARM64_READER_H
#define VOUCH_ARM64_READER_H

#include "unit.h"

#define VOUCH_ARM64_NO_OP 0xff

struct vouch_arm64_reader {
	const struct vouch_arm64_body *body;
	u32 at; /* the first instruction that is not understood */
	struct vouch_arm64_unit *unit;
};

/* A number as the JIT puts it into a register. */
struct vouch_arm64_number {
	u64 value;
	u8 rd;
	bool wide;
	bool address; /* in the form of one */
};

/**
 * vouch_arm64_peek() - look at an instruction.
 * @r: the place
 * @ahead: how many instructions further on
 *
 * Return: the instruction; behind the function, one that does nothing.
 */
const struct vouch_arm64_insn *
vouch_arm64_peek(const struct vouch_arm64_reader *r, u32 ahead);

/**
 * vouch_arm64_set_dst() - say which register the unit's instruction changes.
 * @r: the place
 * @reg: of the CPU
 *
 * Return: false if it is none of eBPF's.
 */
bool vouch_arm64_set_dst(struct vouch_arm64_reader *r, u8 reg);

/**
 * vouch_arm64_set_src() - say which register it reads.
 * @r: the place
 * @reg: of the CPU
 *
 * Return: false if it is none of eBPF's.
 */
bool vouch_arm64_set_src(struct vouch_arm64_reader *r, u8 reg);

/**
 * vouch_arm64_operation() - what an instruction's operation is in eBPF.
 * @insn: the instruction
 *
 * Return: as BPF_OP() has it, or VOUCH_ARM64_NO_OP.
 */
u8 vouch_arm64_operation(const struct vouch_arm64_insn *insn);

/**
 * vouch_arm64_is_number() - whether an instruction begins a number.
 * @insn: the instruction
 *
 * Return: true if a number is put into a register from here on.
 */
bool vouch_arm64_is_number(const struct vouch_arm64_insn *insn);

/**
 * vouch_arm64_take_number() - go on behind a number.
 * @r: where it begins
 * @number: set to it
 */
void vouch_arm64_take_number(struct vouch_arm64_reader *r,
			     struct vouch_arm64_number *number);

#endif /* VOUCH_ARM64_READER_H */
