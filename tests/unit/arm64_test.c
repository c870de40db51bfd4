// SPDX-License-Identifier: BSD-2-Clause
/* The closed list of arm64's instruction forms, against another disassembler.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../host-bridge/arm64/insn.h"
#include "../../host-bridge/disasm.h"

static u64 seed = 1;

static u32 noise(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 32);
}

/* The first number among the operands is the immediate. */
static bool same_number(const struct vouch_arm64_insn *insn,
			const struct vouch_disasm_insn *other)
{
	const char *p = strchr(other->operands, '#');
	u64 number;

	if (!p)
		return !insn->has_imm || !insn->imm;
	number = p[1] == '-' ? (u64)strtoll(p + 1, NULL, 0)
			     : strtoull(p + 1, NULL, 0);
	if (strstr(p, ", lsl #12"))
		number <<= 12;
	if (insn->kind == VOUCH_ARM64_ADD && insn->imm < 0)
		number = -number;
	if (insn->kind == VOUCH_ARM64_PUSH || insn->kind == VOUCH_ARM64_POP)
		return number == (insn->kind == VOUCH_ARM64_PUSH ? -16ull : 16);
	/* uxth and uxtw are named as what they are made of. */
	return number == (u64)insn->imm || !strcmp(insn->mnemonic, "ubfx");
}

static void compare(struct vouch_disasm *d, u32 word, u32 *n_accepted)
{
	const __le32 le = cpu_to_le32(word);
	struct vouch_disasm_insn other;
	struct vouch_arm64_insn insn;

	if (vouch_arm64_decode(word, &insn))
		return;
	++*n_accepted;
	if (vouch_disasm_step(d, (const u8 *)&le, sizeof(le), &other))
		fail_msg("%08x: no instruction, here %s", word, insn.mnemonic);
	if (strcmp(other.mnemonic, insn.mnemonic) ||
	    !same_number(&insn, &other))
		fail_msg("%08x: %s %lld, there %s %s", word, insn.mnemonic,
			 (long long)insn.imm, other.mnemonic, other.operands);
}

/* Every upper half, so every opcode; noise in the lower one. */
static void both_read_the_same(void **state)
{
	struct vouch_disasm *d = vouch_disasm_new(VOUCH_ARCH_ARM64);
	u32 high, i, n_accepted = 0;

	(void)state;
	assert_non_null(d);
	for (high = 0; high < 0x10000; high++)
		for (i = 0; i < 32; i++)
			compare(d, high << 16 | (noise() & 0xffff),
				&n_accepted);
	/* Instructions without operands are not met by chance. */
	for (i = 0; i < 0x10000; i++)
		compare(d, 0xd5030000 | i, &n_accepted);
	vouch_disasm_free(d);
	print_message("  %u accepted\n", n_accepted);
	assert_true(n_accepted > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_read_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
