/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check: does the host believe what the guest states?
 *
 * The capture's code is disassembled anew; only what the JIT of Linux 6.1
 * emits is accepted, references found and references declared must be the
 * same, and whatever is not explained is refused. No switch turns it off.
 */
#ifndef VOUCH_CHECK_H
#define VOUCH_CHECK_H

#include <jansson.h>

#include "../common/capture.h"
#include "profile.h"
#include "refusal.h"
#include "retarget.h"

/* What the linker must do at a place in the code. */
enum vouch_fixup_kind {
	VOUCH_FIXUP_HELPER = 1, /* call of vouch_helpers[index] */
	VOUCH_FIXUP_SUBCALL = 2, /* call of function index */
	VOUCH_FIXUP_REF = 3, /* 64-bit constant of declared reference index */
	VOUCH_FIXUP_EXIT = 4, /* jump to the return thunk */
	VOUCH_FIXUP_THUNK = 5, /* index bytes of jump to the indirect thunk */
	VOUCH_FIXUP_JUMP = 6, /* index bytes of indirect jump */
	VOUCH_FIXUP_UNREACHED = 7, /* index bytes that nothing reaches */
};

struct vouch_fixup {
	u32 off; /* of the instruction in the function, bytes */
	u32 kind; /* enum vouch_fixup_kind */
	u32 index;
	u64 target; /* of HELPER and EXIT: where it goes in the verifier VM */
};

/* A load that gives 0 if it faults. */
struct vouch_load {
	u32 off; /* in the function, bytes */
	u32 len; /* bytes */
	u32 reg; /* destination, as the CPU counts registers */
};

struct vouch_checked_func {
	struct vouch_fixup *fixups; /* ascending */
	u32 n_fixups;
	struct vouch_load *loads; /* ascending */
	u32 n_loads;
};

struct vouch_checked_prog {
	struct vouch_checked_func *funcs;
	u32 n_funcs;
};

/* What the check found; the same order as in the capture. */
struct vouch_checked {
	struct vouch_checked_prog *progs;
	u32 n_progs;
	const char *license; /* one that images may carry; the capture's */
	/* Layout that inlined map access assumes, bytes. */
	u32 array_value;
	u32 map_max_entries;
	u32 htab_key;
	u32 lru_node, lru_ref; /* of an element's node, and of its mark in it */
	u32 prog_func; /* of bpf_func in a program, for tail calls */
	/* By map: type of the programs that use a prog array, 0 for none. */
	u32 owners[VOUCH_MAX_MAPS];
	u32 entries[VOUCH_MAX_MAPS]; /* by map; 0: one for each CPU */
	/* What was retargeted; see retarget.h */
	const struct vouch_req_field *fields;
	u32 n_fields;
};

/**
 * vouch_check() - check a capture against its object and a target profile.
 * @cap: the parsed capture
 * @object: the submitted object's bytes
 * @object_len: their number
 * @options: the submission's, in their canonical form; NULL for none
 * @profile: the target
 * @retargeted: what the target has in the place of the capture's accesses,
 *	which the capture then has there; must outlive @out. NULL: that was not
 *	compared, and a field that lies elsewhere in the target is refused
 * @out: filled on success; release with vouch_checked_release()
 * @why: filled on refusal: program, instruction, what and what to do
 *
 * Needs no key, file or network.
 *
 * Return: 0, -EPERM with @why, -ENOMEM, or -EIO if hashing fails.
 */
int vouch_check(const struct vouch_capture_view *cap, const void *object,
		size_t object_len, const json_t *options,
		const struct vouch_profile *profile,
		const struct vouch_retargeting *retargeted,
		struct vouch_checked *out, struct vouch_refusal *why);

/**
 * vouch_checked_release() - free what vouch_check() allocated.
 * @chk: may be all zero
 */
void vouch_checked_release(struct vouch_checked *chk);

#endif /* VOUCH_CHECK_H */
