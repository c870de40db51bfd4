/* SPDX-License-Identifier: BSD-2-Clause */
/* Prototypes of tracepoints, in the verifier kernel and in the target's. */
#ifndef VOUCH_PROTOTYPE_H
#define VOUCH_PROTOTYPE_H

#include <bpf/btf.h>

#include "load.h"

/* What a tracepoint of the verifier kernel is on the target. */
enum vouch_prototype {
	VOUCH_PROTOTYPE_SAME,
	VOUCH_PROTOTYPE_UNKNOWN, /* the verifier kernel has no such */
	VOUCH_PROTOTYPE_MISSING,
	VOUCH_PROTOTYPE_OTHER, /* it has other arguments */
};

/**
 * vouch_prototype_compare() - compare a tracepoint's arguments.
 * @own: the verifier kernel's types
 * @target: the target's
 * @name: of the tracepoint
 *
 * Structures behind pointers are compared by name.
 *
 * Return: what it is on the target.
 */
enum vouch_prototype vouch_prototype_compare(const struct btf *own,
					     const struct btf *target,
					     const char *name);

/**
 * vouch_prototype_judge() - does each program get on the target what it is
 * verified for?
 * @load: opened, with a target whose BTF is known
 *
 * Return: true, or false after the load has failed: the tracepoint of a
 * program is missing on the target or has other arguments.
 */
bool vouch_prototype_judge(struct vouch_load *load);

#endif /* VOUCH_PROTOTYPE_H */
