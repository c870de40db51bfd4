/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machine code read back as eBPF, an instruction at a time.
 *
 * What stands at a place is guessed; then the guess is compiled (emit.h), and
 * is right if that gives the same words. So it does not matter how clever the
 * guess is: whatever is accepted is what the JIT writes, whole, for some
 * instruction on eBPF's registers. Where two instructions become the same code,
 * either may be found: adding -5 is taking off 5, a short 64-bit constant is a
 * move, a return is a jump to the function's end.
 */
#ifndef VOUCH_ARM64_UNIT_H
#define VOUCH_ARM64_UNIT_H

#include "emit.h"
#include "insn.h"

/* Code while it is read. */
struct vouch_arm64_body {
	const struct vouch_arm64_insn *insns; /* all of a function */
	const __le32 *words; /* the same */
	u32 n;
	struct vouch_arm64_frame frame;
};

/**
 * vouch_arm64_unit_read() - find the instruction of eBPF at a place.
 * @body: the function
 * @at: index of the first instruction of the CPU
 * @unit: filled on success
 *
 * Return: 0, or -EINVAL if the JIT writes no such thing.
 */
int vouch_arm64_unit_read(const struct vouch_arm64_body *body, u32 at,
			  struct vouch_arm64_unit *unit);

/**
 * vouch_arm64_is_branch() - whether an instruction leads elsewhere in its
 *	function.
 * @unit: the instruction
 *
 * Return: true if .target is set.
 */
bool vouch_arm64_is_branch(const struct vouch_arm64_unit *unit);

#endif /* VOUCH_ARM64_UNIT_H */
