/* SPDX-License-Identifier: BSD-2-Clause */
/* Disassembly by a library; disasm.c alone uses Capstone. */
#ifndef VOUCH_DISASM_H
#define VOUCH_DISASM_H

#include "../common/capture.h"

struct vouch_disasm;

struct vouch_disasm_insn {
	u32 len; /* bytes */
	char mnemonic[32]; /* as in "lock xadd" */
	char operands[96]; /* for people; targets as if @code were at 0 */
};

/**
 * vouch_disasm_new() - start a disassembler.
 * @arch: of the code, VOUCH_ARCH_
 *
 * Return: the disassembler, or NULL when out of memory or if @arch is none;
 * release with vouch_disasm_free().
 */
struct vouch_disasm *vouch_disasm_new(u32 arch);

/**
 * vouch_disasm_free() - release a disassembler.
 * @d: may be NULL
 */
void vouch_disasm_free(struct vouch_disasm *d);

/**
 * vouch_disasm_step() - disassemble one instruction.
 * @d: the disassembler
 * @code: where the instruction starts
 * @len: bytes from there to the end of the code
 * @insn: filled on success
 *
 * Return: 0, or -EINVAL if no whole instruction is there.
 */
int vouch_disasm_step(struct vouch_disasm *d, const u8 *code, size_t len,
		      struct vouch_disasm_insn *insn);

#endif /* VOUCH_DISASM_H */
