// SPDX-License-Identifier: GPL-2.0-only
/* What the guest knows of x86-64. */

#include <linux/extable.h>
#include <asm/cpufeature.h>
#include <asm/unaligned.h>

#include "arch.h"

#define CALL_REL32 0xe8
#define JMP_REL32 0xe9
#define REL32_LEN 5

const u32 vouch_guest_arch = VOUCH_ARCH_X86_64;

u32 vouch_arch_features(void)
{
	u32 f = 0;

	if (boot_cpu_has(X86_FEATURE_RETHUNK))
		f |= VOUCH_FEATURE_RETHUNK;
	if (boot_cpu_has(X86_FEATURE_RETPOLINE) &&
	    !boot_cpu_has(X86_FEATURE_RETPOLINE_LFENCE))
		f |= VOUCH_FEATURE_RETPOLINE;
	if (IS_ENABLED(CONFIG_X86_KERNEL_IBT) && boot_cpu_has(X86_FEATURE_IBT))
		f |= VOUCH_FEATURE_IBT;
	if (boot_cpu_has(X86_FEATURE_LA57))
		f |= VOUCH_FEATURE_LA57;
#ifdef X86_FEATURE_CALL_DEPTH
	if (boot_cpu_has(X86_FEATURE_CALL_DEPTH))
		f |= VOUCH_FEATURE_CALL_DEPTH;
#endif
	return f;
}

/*
 * Source of the encoding: kernel, ex_handler_bpf() and do_jit() in
 * arch/x86/net/bpf_jit_comp.c.
 */
int vouch_arch_exception(const struct bpf_prog *fp,
			 const struct exception_table_entry *e,
			 struct vouch_capture_extable *out)
{
	u64 at = (unsigned long)&e->insn + e->insn;

	if (e->data != EX_TYPE_BPF || e->fixup >> 16)
		return -EILSEQ;
	out->insn_off = cpu_to_le32(at - (unsigned long)fp->bpf_func);
	out->insn_len = cpu_to_le32(e->fixup & 0xff);
	out->reg = cpu_to_le32(e->fixup >> 8);
	return 0;
}

bool vouch_arch_jump(const u8 *code, u32 len, u64 *to)
{
	if (len < REL32_LEN || (*code != CALL_REL32 && *code != JMP_REL32))
		return false;
	*to = (unsigned long)code + REL32_LEN +
	      (s64)(s32)get_unaligned_le32(code + 1);
	return true;
}
