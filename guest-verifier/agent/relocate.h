/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mixed relocation. libbpf resolves CO-RE relocations for one kernel; a
 * program that is verified on one and runs on another needs both. Loads and
 * stores that the kernel converts, through a context, a socket or a kernel
 * structure, keep what is right for the verifier kernel: the module tells of
 * each, and the bridge has it replaced. Everything else (sizes, existence,
 * enumerators, shifts, offsets as numbers, loads from plain memory) takes the
 * target's, so that the branch that is verified is the branch that runs.
 */
#ifndef VOUCH_RELOCATE_H
#define VOUCH_RELOCATE_H

#include <linux/bpf.h>

#include "capture.h"

struct bpf_object;
struct vouch_load;

/* Loads until it is known which instructions the kernel converts. */
#define VOUCH_RELOCATE_ROUNDS 4

struct vouch_relocate_prog {
	const void *log_buf; /* tells the program apart when it is copied */
	struct bpf_insn *own; /* for the verifier kernel */
	struct bpf_insn *target; /* for the target */
	struct bpf_insn *mixed; /* what is loaded */
	bool *converted; /* instructions that keep the verifier kernel's */
	u32 n;
};

struct vouch_relocate {
	struct vouch_relocate_prog progs[VOUCH_MAX_PROGS];
	u32 n_progs;
	bool for_target; /* what is copied now */
	bool failed; /* a copy could not be made */
};

/**
 * vouch_relocate_copy() - see what libbpf makes of the object's programs.
 * @load: opened and prepared; its programs' logs are lent
 * @r: filled; ends with vouch_relocate_release()
 * @for_target: by the target's BTF, which it was opened with
 *
 * Nothing is loaded but maps. The object is used up by it.
 *
 * Return: 0 or the negative error.
 */
int vouch_relocate_copy(struct vouch_load *load, struct vouch_relocate *r,
			bool for_target);

/**
 * vouch_relocate_begin() - have the next loads get mixed instructions.
 * @r: with both copies made
 *
 * Return: 0, or -EINVAL: the copies differ by more than relocations.
 */
int vouch_relocate_begin(struct vouch_relocate *r);

/**
 * vouch_relocate_judge() - were the right ones mixed?
 * @load: accepted, with a guest_fd
 * @r: what was loaded
 * @again: set if it must be loaded once more, with other ones
 *
 * Return: true, or false after the load has failed: a field cannot be
 * retargeted.
 */
bool vouch_relocate_judge(struct vouch_load *load, struct vouch_relocate *r,
			  bool *again);

/** vouch_relocate_release() - free the copies and mix no more. */
void vouch_relocate_release(struct vouch_relocate *r);

#endif /* VOUCH_RELOCATE_H */
