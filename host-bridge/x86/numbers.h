/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in code of x86-64, as a disassembler writes it. */
#ifndef VOUCH_X86_NUMBERS_H
#define VOUCH_X86_NUMBERS_H

#include "../arch.h"

/**
 * vouch_x86_numbers() - the numbers among an instruction's operands.
 * @insn: the instruction
 * @run: not used: each instruction holds its own
 * @out: VOUCH_ARCH_NUMBERS of them at most
 *
 * Return: how many there are.
 */
u32 vouch_x86_numbers(const struct vouch_disasm_insn *insn,
		      struct vouch_number_run *run, u64 *out);

#endif /* VOUCH_X86_NUMBERS_H */
