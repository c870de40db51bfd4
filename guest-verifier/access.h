/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The accesses of a program: what the verifier kernel converts, in order, and
 * what it, or a list of replacements, has put in the place of each.
 */
#ifndef VOUCH_ACCESS_H
#define VOUCH_ACCESS_H

#include <linux/filter.h>

#include "retarget.h"

struct bpf_verifier_env;
struct vouch_replacements;
struct vouch_witnesses;

/* One access; without any explanation the same as struct vouch_access. */
struct vouch_noted_access {
	u32 insn;
	u32 base; /* enum vouch_base */
	u32 origin; /* index in the program as it was loaded */
	struct bpf_insn code;
	u32 field_size;
	u32 structure;
	u32 offset;
	u32 size;
	u32 n_insns;
	u32 target_size;
	u32 first; /* of its n_insns in the insns of all */
};

struct vouch_accesses {
	const void *aux; /* of the program; only compared */
	bool complete; /* conversion came to its end */
	struct vouch_noted_access *all;
	u32 n;
	u32 max;
	u32 next; /* to be converted */
	struct bpf_insn *insns;
	u32 n_insns;
	u32 max_insns;
	char why[96]; /* what cannot be taken, or empty */
};

/**
 * vouch_accesses_begin() - find what the kernel is about to convert.
 * @a: filled anew
 * @env: the verifier's, before any conversion
 * @w: witnesses of this load
 * @prologue: what goes in front of the program, its first instruction being
 *	the last one
 * @n_prologue: instructions of that; 0: nothing
 *
 * Pointers to sockets become those to a context, so that their conversion
 * goes through the program type's own; each is put back when it is converted.
 */
void vouch_accesses_begin(struct vouch_accesses *a,
			  struct bpf_verifier_env *env,
			  const struct vouch_witnesses *w,
			  const struct bpf_insn *prologue, u32 n_prologue);

/**
 * vouch_accesses_next() - the access that the kernel is converting now.
 * @a: the accesses
 * @env: the verifier's
 * @i: index of the instruction as it is now
 *
 * Return: the access, or NULL after noting that it is not the expected one.
 */
struct vouch_noted_access *vouch_accesses_next(struct vouch_accesses *a,
					       struct bpf_verifier_env *env,
					       u32 i);

/**
 * vouch_accesses_put() - note what is in the place of an access.
 * @a: the accesses
 * @access: one of them
 * @insns: its instructions
 * @n: their number
 * @target_size: bytes of the field where it is loaded from, or 0
 */
void vouch_accesses_put(struct vouch_accesses *a,
			struct vouch_noted_access *access,
			const struct bpf_insn *insns, u32 n, u32 target_size);

/**
 * vouch_accesses_refuse() - note why the program cannot be taken.
 * @a: the accesses; the first reason stands
 * @insn: index of the instruction
 * @why: constant text that goes on from "instruction N "
 */
void vouch_accesses_refuse(struct vouch_accesses *a, u32 insn, const char *why);

/** vouch_accesses_end() - note that all has been converted, or why not. */
void vouch_accesses_end(struct vouch_accesses *a);

/** vouch_accesses_free() - free what was noted. */
void vouch_accesses_free(struct vouch_accesses *a);

#endif /* VOUCH_ACCESS_H */
