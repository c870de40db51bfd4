// SPDX-License-Identifier: BSD-2-Clause
/*
 * The check of one function's shape: whatever code a broken verifier VM
 * states. A proper prologue is put before the input, since none would be
 * found by chance.
 */

#include <stdlib.h>

#include "check_code.h"

static const u8 prologue[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00, 0x66, 0x90,
			       0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec,
			       0x40, 0x00, 0x00, 0x00, 0x53, 0x41, 0x55 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted covers the code without gap or overlap. */
static void follow(const struct vouch_code *code, u32 len)
{
	u32 off = sizeof(prologue), i;

	for (i = 0; i < code->n_insns; i++) {
		if (code->insns[i].off != off ||
		    code->insns[i].writes == VOUCH_X86_RBP)
			__builtin_trap();
		off += code->insns[i].len;
	}
	if (off != len || code->exit >= code->n_insns)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vouch_disasm *disasm;
	struct vouch_refusal why;
	struct vouch_code code;
	u8 *copy = malloc(sizeof(prologue) + size);
	const struct vouch_code_place place = {
		.program = "fuzz",
		.code = copy,
		.len = (u32)(sizeof(prologue) + size),
	};

	if (!disasm)
		disasm = vouch_disasm_new();
	if (!disasm || !copy)
		abort();
	memcpy(copy, prologue, sizeof(prologue));
	memcpy(copy + sizeof(prologue), data, size);
	if (!vouch_code_read(disasm, &place, &code, &why))
		follow(&code, place.len);
	vouch_code_release(&code);
	free(copy);
	return 0;
}
