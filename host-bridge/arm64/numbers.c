// SPDX-License-Identifier: BSD-2-Clause
/* Numbers in code of arm64: of four parts at most, an instruction each. */

#include <stdlib.h>

#include "numbers.h"

/* Branches, and what is near: where they lead is said as if code were at 0. */
static bool leads_elsewhere(const struct vouch_disasm_insn *insn)
{
	return insn->mnemonic[0] == 'b' || !strncmp(insn->mnemonic, "cb", 2) ||
	       !strcmp(insn->mnemonic, "adr") ||
	       (!strcmp(insn->mnemonic, "ldr") && !strchr(insn->operands, '['));
}

/* The number behind '#', shifted as is said behind it. */
static u64 number_at(const char *p, u32 *shift)
{
	const char *lsl = strstr(p, "lsl #");
	bool negative = p[1] == '-';
	u64 value = strtoull(p + 1 + negative, NULL, 0);

	*shift = lsl ? (u32)strtoul(lsl + 5, NULL, 0) & 63 : 0;
	return negative ? -value : value;
}

static bool is_of(const struct vouch_number_run *run, const char *operands)
{
	size_t len = strlen(run->reg);

	return len && !strncmp(operands, run->reg, len) && operands[len] == ',';
}

/* A move begins a number; of a 32-bit register, one that ends above. */
static void begin(struct vouch_number_run *run, const char *operands, u64 value)
{
	size_t len = strcspn(operands, ",");

	if (len >= sizeof(run->reg))
		len = 0;
	memcpy(run->reg, operands, len);
	run->reg[len] = 0;
	run->value = *operands == 'w' ? (u32)value : value;
}

u32 vouch_arm64_numbers(const struct vouch_disasm_insn *insn,
			struct vouch_number_run *run, u64 *out)
{
	const char *p = strchr(insn->operands, '#');
	u32 shift, n = 0;
	u64 value;

	if (p && !strcmp(insn->mnemonic, "movk") &&
	    is_of(run, insn->operands)) {
		value = number_at(p, &shift);
		run->value &= ~(0xffffull << shift);
		run->value |= value << shift;
		return 0;
	}
	if (run->reg[0])
		out[n++] = run->value;
	run->reg[0] = 0;
	if (!p || leads_elsewhere(insn))
		return n;
	value = number_at(p, &shift);
	if (!strcmp(insn->mnemonic, "movn"))
		begin(run, insn->operands, ~(value << shift));
	else if (!strncmp(insn->mnemonic, "mov", 3))
		begin(run, insn->operands, value << shift);
	else
		out[n++] = value;
	return n;
}
