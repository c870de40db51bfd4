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

static cs_err open_for(u32 arch, csh *handle)
{
	switch (arch) {
	case VOUCH_ARCH_X86_64:
		return cs_open(CS_ARCH_X86, CS_MODE_64, handle);
	case VOUCH_ARCH_ARM64:
		return cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, handle);
	default:
		return CS_ERR_ARCH;
	}
}

struct vouch_disasm *vouch_disasm_new(u32 arch)
{
	struct vouch_disasm *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	if (open_for(arch, &d->handle)) {
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
