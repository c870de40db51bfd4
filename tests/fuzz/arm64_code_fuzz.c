// SPDX-License-Identifier: BSD-2-Clause
/*
 * The check of one function of arm64: whatever code a broken verifier VM
 * states. A proper prologue is put before the input and a proper end behind it,
 * since neither would be found by chance; an input that begins with 0xff brings
 * its own.
 *
 * Parser: host-bridge/arm64/shape.c host-bridge/arm64/unit.c
 * Parser: host-bridge/arm64/reader.c host-bridge/arm64/insn.c
 * Parser: host-bridge/arm64/emit.c host-bridge/arm64/emit_alu.c
 * Parser: host-bridge/arm64/emit_branch.c host-bridge/arm64/emit_memory.c
 * Parser: host-bridge/arm64/points.c
 */

#include "fuzz.h"

#include "arm64/points.h"
#include "arm64/shape.h"

#define DEPTH 64
#define BOTTOM 32

static const u32 before[] = {
	0x910003c9,
	0xd503201f,
	0xd503233f,
	0xa9bf7bfd,
	0x910003fd,
	0xa9bf53f3,
	0xa9bf5bf5,
	0xa9bf6bf9,
	0xa9bf73fb,
	0x910003f9,
	0xd280001a,
	0xd100033b | BOTTOM << 10,
	0xd10003ff | DEPTH << 10,
};
static const u32 behind[] = {
	0x910003ff | DEPTH << 10,
	0xa8c173fb,
	0xa8c16bf9,
	0xa8c15bf5,
	0xa8c153f3,
	0xa8c17bfd,
	0x910000e0,
	0xd50323bf,
	0xd65f03c0,
};
static const u32 jump[] = { 0x5800004a, 0xd61f0140 };

/* What is accepted covers the body without gap or overlap, and each
 * instruction of eBPF becomes the code again. */
static void follow(const struct vouch_arm64_shape *shape, const u8 *bytes)
{
	u32 words[VOUCH_ARM64_WORDS], off, i;

	if (!shape->n_units)
		return;
	off = shape->units[0].off;
	for (i = 0; i < shape->n_units; i++) {
		const struct vouch_arm64_unit *unit = &shape->units[i];
		int n = vouch_arm64_emit(unit, &shape->frame, words);

		fuzz_require(unit->off == off && n > 0 && (u32)n == unit->n &&
			     !memcmp(bytes + off, words, 4ul * (u32)n));
		off += 4 * unit->n;
	}
	fuzz_require(off == shape->end && shape->exit > shape->end);
}

static void look(struct vouch_disasm *disasm, const struct vouch_code_place *at)
{
	struct vouch_refusal why = {};
	struct vouch_code code = {};
	u32 i;

	if (vouch_arm64_read_code(disasm, at, &code, &why))
		abort();
	for (i = 0; i < code.n_points; i++)
		fuzz_require(
			code.points[i].off <= at->len &&
			(!i || code.points[i - 1].off <= code.points[i].off));
	vouch_code_release(&code);
}

static void check(struct vouch_disasm *disasm, const u8 *bytes, u32 len)
{
	struct vouch_refusal why = {};
	struct vouch_arm64_shape shape = {};
	const struct vouch_code_place place = {
		.program = "fuzz",
		.code = bytes,
		.len = len,
	};
	int ret;

	fuzz_alloc_arm(bytes, len);
	ret = vouch_arm64_shape_read(disasm, &place, &shape, &why);
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || (ret == -EPERM && why.text[0]));
	if (!ret) {
		follow(&shape, bytes);
		look(disasm, &place);
	}
	vouch_arm64_shape_release(&shape);
}

static u32 put(u8 *to, u32 at, const void *from, size_t len)
{
	memcpy(to + at, from, len);
	return at + (u32)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const u32 nop = 0xd503201f;
	static struct vouch_disasm *disasm;
	u8 *copy = malloc(sizeof(before) + len + sizeof(behind) + sizeof(nop) +
			  sizeof(jump));
	u32 n = 0;

	if (!disasm)
		disasm = vouch_disasm_new(VOUCH_ARCH_ARM64);
	if (!disasm || !copy)
		abort();
	if (len && data[0] == 0xff) {
		n = put(copy, 0, data + 1, len - 1);
	} else {
		n = put(copy, n, before, sizeof(before));
		if (len / 4)
			n = put(copy, n, data, len / 4 * 4);
		n = put(copy, n, behind, sizeof(behind));
		if (n % 8)
			n = put(copy, n, &nop, sizeof(nop));
		n = put(copy, n, jump, sizeof(jump));
	}
	if (n)
		check(disasm, copy, n);
	free(copy);
	return 0;
}
