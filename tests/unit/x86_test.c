// SPDX-License-Identifier: BSD-2-Clause
/* The closed list of instruction forms, against another disassembler. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../host-bridge/x86/insn.h"
#include "../../host-bridge/disasm.h"

#define LONGEST 15 /* bytes of an instruction */

static u64 seed = 1;

static u8 noise(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u8)(seed >> 56);
}

static void compare(struct vouch_disasm *d, const u8 *code, u32 *n_accepted)
{
	struct vouch_disasm_insn other;
	struct vouch_x86_insn insn;

	if (vouch_x86_decode(code, LONGEST, &insn))
		return;
	++*n_accepted;
	if (vouch_disasm_step(d, code, LONGEST, &other))
		fail_msg("%02x %02x %02x: no instruction", code[0], code[1],
			 code[2]);
	if (other.len != insn.len || strcmp(other.mnemonic, insn.mnemonic))
		fail_msg("%02x %02x %02x: %s of %u, %s of %u bytes", code[0],
			 code[1], code[2], insn.mnemonic, insn.len,
			 other.mnemonic, other.len);
}

/* Every first two bytes, so every prefix and opcode; noise behind them. */
static void readings_agree(void **state)
{
	struct vouch_disasm *d = vouch_disasm_new(VOUCH_ARCH_X86_64);
	u32 n_accepted = 0, i, n, k;
	u8 code[LONGEST];

	(void)state;
	assert_non_null(d);
	for (i = 0; i < 1u << 16; i++)
		for (n = 0; n < 32; n++) {
			code[0] = (u8)i;
			code[1] = (u8)(i >> 8);
			for (k = 2; k < LONGEST; k++)
				code[k] = noise();
			compare(d, code, &n_accepted);
		}
	vouch_disasm_free(d);
	print_message("  %u accepted\n", n_accepted);
	assert_true(n_accepted > 10000);
}

/* An instruction that the code's end cuts off is none. */
static void cut_instructions_are_refused(void **state)
{
	struct vouch_x86_insn insn, cut;
	u32 i, k;

	(void)state;
	for (i = 0; i < 1u << 16; i++) {
		/* Its own allocation, so that a sanitizer sees the end. */
		u8 *code = malloc(LONGEST), *copy;

		code[0] = (u8)i;
		code[1] = (u8)(i >> 8);
		for (k = 2; k < LONGEST; k++)
			code[k] = noise();
		if (!vouch_x86_decode(code, LONGEST, &insn)) {
			copy = malloc(insn.len);
			memcpy(copy, code, insn.len);
			assert_int_equal(vouch_x86_decode(copy, insn.len, &cut),
					 0);
			assert_int_equal(cut.len, insn.len);
			free(copy);
			for (k = 1; k < insn.len; k++) {
				copy = malloc(k);
				memcpy(copy, code, k);
				assert_int_equal(
					vouch_x86_decode(copy, k, &cut),
					-EINVAL);
				free(copy);
			}
		}
		free(code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_agree),
		cmocka_unit_test(cut_instructions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
