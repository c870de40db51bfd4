/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verifier sees where it walks into a kernel structure: a witness
 * that does not depend on how an object was relocated.
 */
#ifndef VOUCH_WITNESS_H
#define VOUCH_WITNESS_H

#include <linux/types.h>

struct bpf_verifier_env;
struct btf;

/* What one instruction reaches; the same at all of the verifier's visits. */
struct vouch_witness {
	const struct btf *btf; /* NULL: a free place */
	u32 insn; /* index in the program as it was loaded */
	u32 structure;
	u32 offset;
	u32 size;
};

struct vouch_witnesses {
	const void *aux; /* of the program; only compared */
	u32 n_processed; /* by the verifier, when the last one came */
	u32 n;
	u32 max; /* a power of two */
	const char *why; /* what cannot be taken, or NULL */
	u32 why_insn;
	struct vouch_witness *slots;
};

/**
 * vouch_witness_start() - place the probe.
 *
 * Return: 0, or the error after saying in the log what is missing.
 */
int vouch_witness_start(void);

/** vouch_witness_stop() - remove the probe. */
void vouch_witness_stop(void);

/**
 * vouch_witness_make() - make room for the witnesses of a load.
 * @w: filled
 * @n_insns: instructions that it has at most
 *
 * Return: 0, or -ENOMEM.
 */
int vouch_witness_make(struct vouch_witnesses *w, u32 n_insns);

/**
 * vouch_witness_find() - what an instruction reaches.
 * @w: the witnesses, with nobody writing them
 * @insn: its index in the program as it was loaded
 *
 * Return: the witness, or NULL.
 */
const struct vouch_witness *vouch_witness_find(const struct vouch_witnesses *w,
					       u32 insn);

/** vouch_witness_free() - free the room. */
void vouch_witness_free(struct vouch_witnesses *w);

#endif /* VOUCH_WITNESS_H */
