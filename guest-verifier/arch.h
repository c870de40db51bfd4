/* SPDX-License-Identifier: GPL-2.0-only */
/* What an architecture owns in the guest, in a file of its own. */
#ifndef VOUCH_GUEST_ARCH_H
#define VOUCH_GUEST_ARCH_H

#include <linux/filter.h>

#include "capture.h"

/* VOUCH_ARCH_ of this kernel. */
extern const u32 vouch_guest_arch;

/**
 * vouch_arch_features() - what this CPU's JIT does otherwise.
 *
 * Return: VOUCH_FEATURE_ flags.
 */
u32 vouch_arch_features(void);

/**
 * vouch_arch_exception() - read an entry of a program's exception table.
 * @fp: the function that it is of
 * @e: the entry, as the JIT has written it
 * @out: filled on success
 *
 * Return: 0, or -EILSEQ if the JIT writes no such entry.
 */
int vouch_arch_exception(const struct bpf_prog *fp,
			 const struct exception_table_entry *e,
			 struct vouch_capture_extable *out);

/**
 * vouch_arch_jump() - where code may lead that no instruction of eBPF names.
 * @code: perhaps the start of a jump that the JIT adds
 * @len: bytes from there on
 * @to: set on success
 *
 * Return: true if there is such a jump.
 */
bool vouch_arch_jump(const u8 *code, u32 len, u64 *to);

#endif /* VOUCH_GUEST_ARCH_H */
