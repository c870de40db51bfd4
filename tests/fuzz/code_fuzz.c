// SPDX-License-Identifier: BSD-2-Clause
/*
 * The check of one function's shape: whatever code a broken verifier VM
 * states. A proper prologue is put before the input, since none would be
 * found by chance; an input that begins with 0xff brings its own.
 *
 * Parser: host-bridge/x86/shape.c host-bridge/x86/insn.c
 * Parser: host-bridge/disasm.c
 */

#include "fuzz.h"

#include "x86/shape.h"

static const u8 prologue[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00, 0x66, 0x90,
			       0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec,
			       0x40, 0x00, 0x00, 0x00, 0x53, 0x41, 0x55 };

/* What is accepted covers the code without gap or overlap. */
static void follow(const struct vouch_x86_shape *shape, u32 len)
{
	u32 off, i;

	if (!shape->n_insns)
		return;
	off = shape->insns[0].off;
	for (i = 0; i < shape->n_insns; i++) {
		fuzz_require(shape->insns[i].off == off &&
			     shape->insns[i].writes != VOUCH_X86_RBP);
		off += shape->insns[i].len;
	}
	fuzz_require(off == len && shape->exit < shape->n_insns);
}

static void check(struct vouch_disasm *disasm, const u8 *bytes, u32 len)
{
	struct vouch_refusal why = {};
	struct vouch_x86_shape shape = {};
	const struct vouch_code_place place = {
		.program = "fuzz",
		.code = bytes,
		.len = len,
	};
	int ret;

	fuzz_alloc_arm(bytes, len);
	ret = vouch_x86_shape_read(disasm, &place, &shape, &why);
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || (ret == -EPERM && why.text[0]));
	if (!ret)
		follow(&shape, len);
	vouch_x86_shape_release(&shape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct vouch_disasm *disasm;
	size_t before = sizeof(prologue);
	u8 *copy = malloc(before + len);

	if (!disasm)
		disasm = vouch_disasm_new(VOUCH_ARCH_X86_64);
	if (!disasm || !copy)
		abort();
	if (len && data[0] == 0xff) {
		before = 0;
		data++;
		len--;
	}
	memcpy(copy, prologue, before);
	if (len)
		memcpy(copy + before, data, len);
	if (before + len)
		check(disasm, copy, (u32)(before + len));
	free(copy);
	return 0;
}
