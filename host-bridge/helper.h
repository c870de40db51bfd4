/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of common/helpers.h, for look-ups. */
#ifndef VOUCH_HELPER_H
#define VOUCH_HELPER_H

#include "../common/base.h"

struct vouch_helper {
	const char *kernel; /* the verifier kernel's symbol */
	const char *import; /* the symbol that vouch_target exports */
	bool gpl;
	u32 func; /* of which it is the work, for vouch_object_calls() */
};

extern const struct vouch_helper vouch_helpers[];
extern const u32 vouch_n_helpers;

/**
 * vouch_helper_by_kernel() - find a call target.
 * @symbol: its name in the verifier kernel
 *
 * Return: its index in vouch_helpers[], or -ENOENT.
 */
int vouch_helper_by_kernel(const char *symbol);

/**
 * vouch_helper_by_import() - find an import of an image.
 * @symbol: the imported symbol
 *
 * Return: its index in vouch_helpers[], or -ENOENT.
 */
int vouch_helper_by_import(const char *symbol);

/**
 * vouch_helper_unfit() - may a program not call a helper that is offered?
 * @helper: index in vouch_helpers[]
 * @prog_type: enum bpf_prog_type
 * @license: one that images may carry
 *
 * Return: NULL if it may, or what follows "calls NAME, ".
 */
const char *vouch_helper_unfit(u32 helper, u32 prog_type, const char *license);

#endif /* VOUCH_HELPER_H */
