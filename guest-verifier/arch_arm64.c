// SPDX-License-Identifier: GPL-2.0-only
/* What the guest knows of arm64. */

#include <linux/bitfield.h>
#include <linux/extable.h>
#include <asm/asm-extable.h>
#include <asm/cpufeature.h>
#include <asm/ptrace.h>

#include "arch.h"

#define INSN_LEN 4
/* Of ->fixup: how far behind the load it goes on, and the load's register. */
#define FIXUP_OFFSET GENMASK(26, 0)
#define FIXUP_REG GENMASK(31, 27)

const u32 vouch_guest_arch = VOUCH_ARCH_ARM64;

u32 vouch_arch_features(void)
{
	return 0;
}

/*
 * Source of the encoding: kernel, ex_handler_bpf() and add_exception_handler()
 * in arch/arm64/net/bpf_jit_comp.c.
 */
int vouch_arch_exception(const struct bpf_prog *fp,
			 const struct exception_table_entry *e,
			 struct vouch_capture_extable *out)
{
	unsigned long at = (unsigned long)&e->insn + e->insn;
	unsigned long behind =
		(unsigned long)&e->fixup - FIELD_GET(FIXUP_OFFSET, e->fixup);

	if (e->type != EX_TYPE_BPF || behind != at + INSN_LEN)
		return -EILSEQ;
	out->insn_off = cpu_to_le32(at - (unsigned long)fp->bpf_func);
	out->insn_len = cpu_to_le32(INSN_LEN);
	out->reg = cpu_to_le32(offsetof(struct pt_regs, regs) +
			       sizeof(u64) * FIELD_GET(FIXUP_REG, e->fixup));
	return 0;
}

/* It adds none: returns and indirect jumps have no thunks. */
bool vouch_arch_jump(const u8 *code, u32 len, u64 *to)
{
	return false;
}
