/* SPDX-License-Identifier: BSD-2-Clause */
/* One access, made by a program that the running kernel is to load. */
#ifndef VOUCH_TRUTH_H
#define VOUCH_TRUTH_H

#include <linux/bpf.h>

#include "../../common/retarget.h"

#define VOUCH_TRUTH_MAX_INSNS 64u

/* Which access of which program, and in which registers. */
struct vouch_truth_access {
	u32 prog_type; /* enum bpf_prog_type */
	u32 attach_type; /* enum bpf_attach_type, as expected at the load */
	u32 base; /* enum vouch_base */
	bool tstamp_type; /* the program uses __sk_buff.tstamp_type */
	bool write;
	u32 off, size; /* bytes */
	u8 dst, src;
};

/* What the kernel has in its place. */
struct vouch_truth_found {
	struct bpf_insn insns[VOUCH_TRUTH_MAX_INSNS];
	u32 n;
};

/**
 * vouch_truth_insn() - the instruction of an access.
 * @a: the access
 *
 * Return: the load or store.
 */
struct bpf_insn vouch_truth_insn(const struct vouch_truth_access *a);

/**
 * vouch_truth_ask() - load a program with an access; look what became of it.
 * @a: the access
 * @found: receives the instructions in the access's place
 *
 * Return: 0; -errno of the kernel that does not load it; -EPROTO if what it
 * has loaded does not have the access where it was.
 */
int vouch_truth_ask(const struct vouch_truth_access *a,
		    struct vouch_truth_found *found);

/**
 * vouch_truth_prologue() - what the kernel puts in front of a program that
 * writes packets.
 * @prog_type: enum bpf_prog_type
 * @found: receives the prologue, up to the program's first instruction
 * @pull: receives the number that calls of bpf_skb_pull_data() have become
 *
 * Return: as vouch_truth_ask().
 */
int vouch_truth_prologue(u32 prog_type, struct vouch_truth_found *found,
			 s32 *pull);

#endif /* VOUCH_TRUTH_H */
