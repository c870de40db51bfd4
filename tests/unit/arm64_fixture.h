/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of arm64, as its JIT writes them. */
#ifndef VOUCH_ARM64_FIXTURE_H
#define VOUCH_ARM64_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../host-bridge/arm64/emit.h"
#include "../../host-bridge/arm64/encode.h"
#include "../../host-bridge/arm64/shape.h"

#define ARM64_WORDS 512
#define ARM64_HELPER 0xffff800008123458ull /* where something is called */
#define ARM64_TAG 0x1234567890abcdefull /* none of its parts is 0 or ~0 */

#define A64_INSN(c, d, s, o, i)             \
	((struct bpf_insn){ .code = (c),    \
			    .dst_reg = (d), \
			    .src_reg = (s), \
			    .off = (o),     \
			    .imm = (i) })

#define ARM64_MOV (BPF_ALU64 | BPF_MOV | BPF_X)
#define ARM64_WIDE (BPF_LD | BPF_IMM | BPF_DW)
#define ARM64_CALL (BPF_JMP | BPF_CALL)

struct arm64_function {
	u32 words[ARM64_WORDS];
	u32 n;
	struct vouch_arm64_frame frame;
	u32 function; /* its number in the program */
};

static inline void arm64_word(struct arm64_function *f, u32 word)
{
	assert_true(f->n < ARM64_WORDS);
	f->words[f->n++] = word;
}

static inline void arm64_prologue(struct arm64_function *f, u32 function,
				  u32 depth, u32 bottom)
{
	static const u32 saves[] = {
		0x910003c9, 0xd503201f, 0xd503233f, 0xa9bf7bfd, 0x910003fd,
		0xa9bf53f3, 0xa9bf5bf5, 0xa9bf6bf9, 0xa9bf73fb, 0x910003f9,
	};
	size_t i;

	memset(f, 0, sizeof(*f));
	f->function = function;
	f->frame.depth = depth;
	f->frame.bottom = bottom;
	for (i = 0; i < sizeof(saves) / sizeof(saves[0]); i++)
		arm64_word(f, saves[i]);
	if (!function)
		arm64_word(f, 0xd280001a); /* mov x26, #0 */
	arm64_word(f, 0xd100033b | bottom << 10); /* sub x27, x25, #bottom */
	arm64_word(f, 0xd10003ff | depth << 10); /* sub sp, sp, #depth */
}

/* Returns the index of the first word. */
static inline u32 arm64_add(struct arm64_function *f,
			    struct vouch_arm64_unit unit)
{
	u32 words[VOUCH_ARM64_WORDS], at = f->n;
	int n, i;

	unit.off = 4 * f->n;
	n = vouch_arm64_emit(&unit, &f->frame, words);
	assert_true(n >= 0);
	for (i = 0; i < n; i++)
		arm64_word(f, words[i]);
	return at;
}

static inline u32 arm64_insn(struct arm64_function *f, struct bpf_insn insn)
{
	return arm64_add(f, (struct vouch_arm64_unit){ .insn = insn });
}

static inline void arm64_epilogue(struct arm64_function *f)
{
	static const u32 restores[] = {
		0xa8c173fb, 0xa8c16bf9, 0xa8c15bf5, 0xa8c153f3,
		0xa8c17bfd, 0x910000e0, 0xd50323bf, 0xd65f03c0,
	};
	size_t i;

	arm64_word(f, 0x910003ff | f->frame.depth << 10);
	for (i = 0; i < sizeof(restores) / sizeof(restores[0]); i++)
		arm64_word(f, restores[i]);
	if (f->n % 2)
		arm64_word(f, 0xd503201f);
	arm64_word(f, 0x5800004a); /* ldr x10, 8 bytes on */
	arm64_word(f, 0xd61f0140); /* br x10 */
}

/* Where things are in the function below; indexes of words. */
struct arm64_marks {
	u32 body, branch, store, call, wide, address, load, end;
};

/* r6 = r1; if (r6 == 7) goto out; *(r10 - 8) = 0x12345678; call;
 * r1 = tag; r2 = function; r0 = *(r6 + 4); out: exit */
static inline void arm64_example(struct arm64_function *f,
				 struct arm64_marks *m)
{
	struct vouch_arm64_unit branch = {
		.insn = A64_INSN(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 0, 7),
	};

	arm64_prologue(f, 0, 16, 8);
	m->body = arm64_insn(f, A64_INSN(ARM64_MOV, 6, 1, 0, 0));
	m->branch = f->n;
	f->n += 2; /* when it is known where to */
	m->store = arm64_insn(
		f, A64_INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0x12345678));
	m->call = arm64_add(
		f, (struct vouch_arm64_unit){ .insn = { .code = ARM64_CALL },
					      .value = ARM64_HELPER });
	m->wide = arm64_add(
		f, (struct vouch_arm64_unit){
			   .insn = { .code = ARM64_WIDE, .dst_reg = 1 },
			   .value = ARM64_TAG });
	m->address =
		arm64_add(f, (struct vouch_arm64_unit){
				     .insn = { .code = ARM64_WIDE,
					       .dst_reg = 2,
					       .src_reg = BPF_PSEUDO_FUNC },
				     .value = ARM64_HELPER + 0x100 });
	m->load =
		arm64_insn(f, A64_INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 6, 4, 0));
	m->end = f->n;
	arm64_epilogue(f);

	branch.target = 4 * m->end;
	m->end = f->n;
	f->n = m->branch;
	arm64_add(f, branch);
	f->n = m->end;
	m->end = branch.target / 4;
}

static inline struct vouch_code_place
arm64_place(const struct arm64_function *f)
{
	return (struct vouch_code_place){
		.program = "test",
		.function = f->function,
		.code = (const u8 *)f->words,
		.len = 4 * f->n,
		.address = 0xffff800000001000ull,
	};
}

#endif /* VOUCH_ARM64_FIXTURE_H */
