/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions whose machine code can be told from that of others. */
#ifndef VOUCH_CHECK_COMPILED_H
#define VOUCH_CHECK_COMPILED_H

#include "access.h"

/**
 * vouch_compiled_alike() - do two sequences differ in numbers alone?
 * @a: what is in an access's place
 * @b: what is to be there
 *
 * Offsets and immediates are numbers; how far a branch goes is not.
 *
 * Return: true if that is all.
 */
bool vouch_compiled_alike(const struct vouch_expansion *a,
			  const struct vouch_expansion *b);

/**
 * vouch_compiled_knows() - can code be held against these instructions?
 * @e: what is in an access's place
 *
 * Loads, stores of registers, moves, sums, masks, shifts by a constant and
 * branches within the sequence can be; calls, exits and the like cannot.
 *
 * Return: true if it can.
 */
bool vouch_compiled_knows(const struct vouch_expansion *e);

#endif /* VOUCH_CHECK_COMPILED_H */
