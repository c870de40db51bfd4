// SPDX-License-Identifier: BSD-2-Clause
/* Machine code against the instructions that it was made of. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../host-bridge/x86/compiled.h"

#define INSN(c, d, s, o, i)                                              \
	{                                                                \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), \
		.imm = (i)                                               \
	}
#define MOV_K(class, d, i) INSN((class) | BPF_MOV | BPF_K, d, 0, 0, i)
#define OP_K(op, d, i) INSN((op) | BPF_K, d, 0, 0, i)
#define OP_X(op, d, s) INSN((op) | BPF_X, d, s, 0, 0)
#define LOAD(size, d, s, o) INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, s, o) INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define AX 11 /* the register that programs cannot name */
#define MAX_INSNS 8
#define MAX_CODE 48

/* What Linux 6.1 makes of these. */
struct row {
	const char *what;
	struct bpf_insn insns[MAX_INSNS]; /* behind the last one zero */
	u8 code[MAX_CODE];
	u32 len;
};

#define INSNS(...)          \
	{                   \
		__VA_ARGS__ \
	}
#define CODE(...) { __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ })

static const struct row rows[] = {
	{ "zero", INSNS(MOV_K(BPF_ALU64, 1, 0)), CODE(0x31, 0xff) },
	{ "zero in r9", INSNS(MOV_K(BPF_ALU, 9, 0)), CODE(0x45, 0x31, 0xff) },
	{ "minus one", INSNS(MOV_K(BPF_ALU, 0, -1)),
	  CODE(0xb8, 0xff, 0xff, 0xff, 0xff) },
	{ "wide minus one", INSNS(MOV_K(BPF_ALU64, 0, -1)),
	  CODE(0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff) },
	{ "a constant", INSNS(MOV_K(BPF_ALU64, 7, 5)),
	  CODE(0x41, 0xbd, 5, 0, 0, 0) },
	{ "a register", INSNS(OP_X(BPF_ALU64 | BPF_MOV, 6, 1)),
	  CODE(0x48, 0x89, 0xfb) },
	{ "half a register", INSNS(OP_X(BPF_ALU | BPF_MOV, 2, 2)),
	  CODE(0x89, 0xf6) },
	{ "itself", INSNS(OP_X(BPF_ALU64 | BPF_MOV, 3, 3)), { 0 }, 0 },
	{ "loads",
	  INSNS(LOAD(BPF_B, 2, 1, 3), LOAD(BPF_H, AX, 1, 200),
		LOAD(BPF_W, 0, 5, 16), LOAD(BPF_DW, 8, 7, 0)),
	  CODE(0x48, 0x0f, 0xb6, 0x77, 3, 0x4c, 0x0f, 0xb7, 0x97, 200, 0, 0, 0,
	       0x41, 0x8b, 0x40, 16, 0x4d, 0x8b, 0x75, 0) },
	{ "stores",
	  INSNS(STORE(BPF_B, 1, 2, 3), STORE(BPF_H, 1, 2, 4),
		STORE(BPF_W, 6, 9, 200), STORE(BPF_DW, 1, 0, -8)),
	  CODE(0x40, 0x88, 0x77, 3, 0x66, 0x89, 0x77, 4, 0x44, 0x89, 0xbb, 200,
	       0, 0, 0, 0x48, 0x89, 0x47, 0xf8) },
	{ "sums",
	  INSNS(OP_X(BPF_ALU64 | BPF_ADD, 2, AX), OP_X(BPF_ALU | BPF_SUB, 0, 1),
		OP_K(BPF_ALU64 | BPF_SUB, 2, 8),
		OP_K(BPF_ALU | BPF_AND, 0, 0xffff),
		OP_K(BPF_ALU | BPF_XOR, 1, 0x1000),
		OP_K(BPF_ALU | BPF_OR, 8, 1)),
	  CODE(0x4c, 0x01, 0xd6, 0x29, 0xf8, 0x48, 0x83, 0xee, 8, 0x25, 0xff,
	       0xff, 0, 0, 0x81, 0xf7, 0, 0x10, 0, 0, 0x41, 0x83, 0xce, 1) },
	{ "shifts",
	  INSNS(OP_K(BPF_ALU | BPF_RSH, 0, 8), OP_K(BPF_ALU64 | BPF_LSH, 1, 32),
		OP_K(BPF_ALU | BPF_RSH, 2, 1), OP_K(BPF_ALU | BPF_ARSH, 9, 1)),
	  CODE(0xc1, 0xe8, 8, 0x48, 0xc1, 0xe7, 32, 0xd1, 0xee, 0x41, 0xd1,
	       0xff) },
	{ "a choice",
	  INSNS(LOAD(BPF_W, 2, 1, 80), INSN(BPF_JMP | BPF_JGE, 2, 0, 1, 8193),
		MOV_K(BPF_ALU64, 2, 0)),
	  CODE(0x8b, 0x77, 80, 0x48, 0x81, 0xfe, 1, 0x20, 0, 0, 0x73, 2, 0x31,
	       0xf6) },
	{ "two ways",
	  INSNS(LOAD(BPF_B, AX, 1, 2), INSN(BPF_JMP32 | BPF_JSET, AX, 0, 2, 4),
		MOV_K(BPF_ALU, 0, 0), INSN(BPF_JMP | BPF_JA, 0, 0, 1, 0),
		MOV_K(BPF_ALU, 0, 1)),
	  CODE(0x4c, 0x0f, 0xb6, 0x57, 2, 0x41, 0xf7, 0xc2, 4, 0, 0, 0, 0x75, 4,
	       0x31, 0xc0, 0xeb, 5, 0xb8, 1, 0, 0, 0) },
	{ "comparisons",
	  INSNS(INSN(BPF_JMP | BPF_JEQ, 0, 0, 1, 0),
		INSN(BPF_JMP32 | BPF_JNE | BPF_X, 1, 2, 2, 0),
		INSN(BPF_JMP32 | BPF_JSET | BPF_X, 1, 2, 1, 0),
		INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0), LOAD(BPF_DW, 0, 0, 0)),
	  CODE(0x48, 0x85, 0xc0, 0x74, 4, 0x39, 0xf7, 0x75, 4, 0x85, 0xf7, 0x75,
	       0, 0x48, 0x8b, 0x40, 0) },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static struct vouch_expansion expansion(const struct row *row)
{
	struct vouch_expansion e = { .n = 0 };

	for (; e.n < MAX_INSNS && row->insns[e.n].code; e.n++)
		e.insns[e.n] = row->insns[e.n];
	return e;
}

/* The code at the end of a function, and in its middle. */
static int length(const struct vouch_expansion *e, const u8 *code, u32 len)
{
	u8 longer[MAX_CODE + 4] = { 0 };
	int ret = vouch_x86_compiled_length(e, code, len);

	memcpy(longer, code, len);
	memset(longer + len, 0x90, 4);
	assert_int_equal(vouch_x86_compiled_length(e, longer, len + 4), ret);
	return ret;
}

static void code_is_what_the_jit_makes(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < N_ROWS; i++) {
		struct vouch_expansion e = expansion(&rows[i]);

		if (!vouch_compiled_knows(&e) ||
		    length(&e, rows[i].code, rows[i].len) != (int)rows[i].len)
			fail_msg("%s", rows[i].what);
	}
}

/* No bit of it can be another one, and none of it can be missing. */
static void other_code_is_something_else(void **state)
{
	u8 code[MAX_CODE];
	u32 i, bit, len;

	(void)state;
	for (i = 0; i < N_ROWS; i++) {
		struct vouch_expansion e = expansion(&rows[i]);

		for (bit = 0; bit < rows[i].len * 8; bit++) {
			memcpy(code, rows[i].code, sizeof(code));
			code[bit / 8] ^= (u8)(1u << bit % 8);
			if (length(&e, code, rows[i].len) >= 0)
				fail_msg("%s, bit %u", rows[i].what, bit);
		}
		for (len = 0; len < rows[i].len; len++)
			if (vouch_x86_compiled_length(&e, rows[i].code, len) >=
			    0)
				fail_msg("%s, %u bytes", rows[i].what, len);
	}
}

/* The code of one row is that of no other. */
static void other_instructions_are_something_else(void **state)
{
	u32 i, n;

	(void)state;
	for (i = 0; i < N_ROWS; i++)
		for (n = 0; n < N_ROWS; n++) {
			struct vouch_expansion e = expansion(&rows[i]);

			if (i != n &&
			    vouch_x86_compiled_length(&e, rows[n].code,
						      rows[n].len) > 0)
				fail_msg("%s for %s", rows[n].what,
					 rows[i].what);
		}
}

static void what_is_not_known_is_not_read(void **state)
{
	static const struct bpf_insn strange[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 1),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 1),
		INSN(BPF_ST | BPF_MEM | BPF_W, 1, 0, 0, 1),
		INSN(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 0, BPF_ADD),
		INSN(BPF_LDX | 0x20 | BPF_W, 1, 2, 0, 0), /* may fault */
		OP_X(BPF_ALU | BPF_LSH, 1, 2),
		INSN(BPF_ALU | BPF_LSH | BPF_X, 1, 2, 0, 3),
		OP_K(BPF_ALU | BPF_LSH, 1, 32),
		OP_K(BPF_ALU | BPF_LSH, 1, 0),
		OP_K(BPF_ALU | BPF_DIV, 1, 3),
		OP_K(BPF_ALU | BPF_NEG, 1, 0),
		OP_K(BPF_ALU | BPF_END, 1, 16),
		INSN(BPF_ALU | BPF_MOV, 12, 0, 0, 0),
		INSN(BPF_ALU | BPF_MOV | BPF_X, 1, 12, 0, 0),
		INSN(BPF_JMP | BPF_JEQ, 1, 0, 1, 0), /* too far */
		INSN(BPF_JMP | BPF_JA, 0, 0, -1, 0),
		INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 0),
	};
	/* What would be code of some. */
	static const u8 code[] = { 0xc3, 0xe8, 0, 0, 0, 0 };
	u32 i;

	(void)state;
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct vouch_expansion e = { .insns = { strange[i] }, .n = 1 };

		if (vouch_compiled_knows(&e) ||
		    vouch_x86_compiled_length(&e, code, sizeof(code)) >= 0)
			fail_msg("instruction %u", i);
	}
}

static void sequences_are_alike_but_for_numbers(void **state)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_W, 2, 1, 80),
		INSN(BPF_JMP | BPF_JGE, 2, 0, 1, 8193),
		MOV_K(BPF_ALU64, 2, 0),
	};
	struct vouch_expansion a = { .n = 3 }, b;

	(void)state;
	memcpy(a.insns, insns, sizeof(insns));
	b = a;
	b.insns[0].off = 8;
	b.insns[1].imm = 9;
	assert_true(vouch_compiled_alike(&a, &b));
#define OTHER(change)                                       \
	do {                                                \
		b = a;                                      \
		change;                                     \
		assert_false(vouch_compiled_alike(&a, &b)); \
	} while (0)
	OTHER(b.n--);
	OTHER(b.insns[0].code = BPF_LDX | BPF_MEM | BPF_H);
	OTHER(b.insns[0].dst_reg = 3);
	OTHER(b.insns[0].src_reg = 3);
	OTHER(b.insns[1].off = 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_what_the_jit_makes),
		cmocka_unit_test(other_code_is_something_else),
		cmocka_unit_test(other_instructions_are_something_else),
		cmocka_unit_test(what_is_not_known_is_not_read),
		cmocka_unit_test(sequences_are_alike_but_for_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
