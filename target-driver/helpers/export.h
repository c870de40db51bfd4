/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The helpers: what images may call.
 *
 * Each is vouch_bpf_<name> of common/helpers.h, takes up to five 64-bit
 * arguments and returns 64 bits, as code calls it; the meaning is the
 * kernel's helper's. They are not traced, since a program may run inside of
 * tracing.
 */
#ifndef VOUCH_EXPORT_H
#define VOUCH_EXPORT_H

#include <linux/types.h>

#include "offer.h"

#define VOUCH_DECLARE_HELPER(kernel, name, gpl) \
	u64 vouch_bpf_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
VOUCH_OFFERED_HELPERS(VOUCH_DECLARE_HELPER)

/* Starts the definition of a helper. */
#define VOUCH_HELPER(name)                                                  \
	vouch_untraced u64 vouch_bpf_##name(u64 r1, u64 r2, u64 r3, u64 r4, \
					    u64 r5)

/**
 * vouch_export_find() - address of an import.
 * @name: symbol, NUL-terminated
 *
 * Return: the address of what vouch_target exports under that name, or 0.
 */
unsigned long vouch_export_find(const char *name);

#endif /* VOUCH_EXPORT_H */
