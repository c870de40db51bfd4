/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Retargeting: what a target's kernel would put in the place of each access,
 * where the verifier kernel put its own.
 *
 * For contexts, sockets and prologues the target's kernel itself is asked: its
 * profile has the answers of its own functions. For kernel structures the BTF
 * of both kernels is compared, member for member.
 */
#ifndef VOUCH_RETARGETING_H
#define VOUCH_RETARGETING_H

#include "../common/capture.h"
#include "../common/manifest.h"
#include "btf.h"
#include "refusal.h"

/* Who knows what. */
struct vouch_retarget_source {
	const struct vouch_kbtf *verifier; /* the host's own, not the guest's */
	const struct vouch_kbtf *target; /* NULL: the profile has none */
	const char *release; /* of the target's kernel */
	/* What the target has in place of an access; see profile.h. NULL: it
	 * is not known. */
	int (*convert)(const void *ctx, u32 prog_type, u32 base,
		       const u8 insn[VOUCH_INSN_LEN],
		       u8 out[VOUCH_MAX_SEQUENCE][VOUCH_INSN_LEN], u32 *n_insns,
		       u32 *target_size);
	const void *ctx; /* for @convert */
};

/* In a program type: it reads __sk_buff.tstamp_type, which changes what other
 * fields are. */
#define VOUCH_RETARGET_TSTAMP 0x80000000u

struct vouch_retargeting {
	void *list; /* of replacements; NULL: nothing differs */
	size_t len; /* bytes */
	struct vouch_req_field *fields; /* that differ, ascending */
	u32 n_fields;
};

/**
 * vouch_retarget_compute() - compare a capture's accesses with the target's.
 * @cap: the parsed capture of a load without replacements
 * @source: who knows what
 * @out: filled on success; release with vouch_retargeting_release()
 * @why: filled on refusal: program, field, and what to do
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_retarget_compute(const struct vouch_capture_view *cap,
			   const struct vouch_retarget_source *source,
			   struct vouch_retargeting *out,
			   struct vouch_refusal *why);

/**
 * vouch_retargeting_release() - free what vouch_retarget_compute() allocated.
 * @r: may be all zero
 */
void vouch_retargeting_release(struct vouch_retargeting *r);

#endif /* VOUCH_RETARGETING_H */
