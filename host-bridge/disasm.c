// SPDX-License-Identifier: BSD-2-Clause
/* Disassembly: the only user of Capstone. */

#include <stdio.h>
#include <stdlib.h>

#include <capstone/capstone.h>

#include "disasm.h"

struct vouch_disasm {
	csh handle;
	cs_insn *insn;
};

struct vouch_disasm *vouch_disasm_new(void)
{
	struct vouch_disasm *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle)) {
		free(d);
		return NULL;
	}
	d->insn = cs_malloc(d->handle);
	if (!d->insn) {
		vouch_disasm_free(d);
		return NULL;
	}
	return d;
}

void vouch_disasm_free(struct vouch_disasm *d)
{
	if (!d)
		return;
	if (d->insn)
		cs_free(d->insn, 1);
	cs_close(&d->handle);
	free(d);
}

int vouch_disasm_step(struct vouch_disasm *d, const u8 *code, size_t len,
		      struct vouch_disasm_insn *insn)
{
	uint64_t address = 0;

	if (!cs_disasm_iter(d->handle, &code, &len, &address, d->insn))
		return -EINVAL;
	insn->len = d->insn->size;
	snprintf(insn->mnemonic, sizeof(insn->mnemonic), "%.31s",
		 d->insn->mnemonic);
	snprintf(insn->operands, sizeof(insn->operands), "%.95s",
		 d->insn->op_str);
	return 0;
}
