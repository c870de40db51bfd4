// SPDX-License-Identifier: BSD-2-Clause
/* Numbers in code of x86-64. */

#include <stdlib.h>

#include "numbers.h"

u32 vouch_x86_numbers(const struct vouch_disasm_insn *insn,
		      struct vouch_number_run *run, u64 *out)
{
	const char *p = insn->operands;
	char *end;
	u32 n = 0;

	(void)run;
	if (insn->mnemonic[0] == 'j' || !strcmp(insn->mnemonic, "call"))
		return 0;
	while (n < VOUCH_ARCH_NUMBERS && (p = strstr(p, "0x"))) {
		out[n] = strtoull(p, &end, 16);
		if (p > insn->operands && p[-1] == '-')
			out[n] = -out[n];
		n++;
		p = end;
	}
	return n;
}
