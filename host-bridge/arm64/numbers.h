/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in code of arm64, as a disassembler writes it. */
#ifndef VOUCH_ARM64_NUMBERS_H
#define VOUCH_ARM64_NUMBERS_H

#include "../arch.h"

/**
 * vouch_arm64_numbers() - the numbers that are complete with an instruction.
 * @insn: the instruction
 * @run: one that is not complete: it is when no further part follows
 * @out: VOUCH_ARCH_NUMBERS of them at most
 *
 * Return: how many there are.
 */
u32 vouch_arm64_numbers(const struct vouch_disasm_insn *insn,
			struct vouch_number_run *run, u64 *out);

#endif /* VOUCH_ARM64_NUMBERS_H */
