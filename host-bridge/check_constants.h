/* SPDX-License-Identifier: BSD-2-Clause */
/* Constants that stand in the place of a program's accesses. */
#ifndef VOUCH_CHECK_CONSTANTS_H
#define VOUCH_CHECK_CONSTANTS_H

#include "../common/capture.h"

struct vouch_constants {
	u32 *values; /* ascending */
	u32 n;
};

/**
 * vouch_constants_read() - list the constants of what replaces accesses.
 * @prog: a program whose accesses vouch_access_check() has passed
 * @out: set on success; release with vouch_constants_release()
 *
 * The mask of a load of a part of a field is among them, of that part alone.
 *
 * Return: 0, or -ENOMEM.
 */
int vouch_constants_read(const struct vouch_capture_prog_view *prog,
			 struct vouch_constants *out);

/**
 * vouch_constants_have() - is a number one of them?
 * @constants: the list
 * @value: the number
 *
 * Return: true if it is.
 */
bool vouch_constants_have(const struct vouch_constants *constants, u32 value);

/**
 * vouch_constants_release() - free what vouch_constants_read() allocated.
 * @constants: may be all zero
 */
void vouch_constants_release(struct vouch_constants *constants);

#endif /* VOUCH_CHECK_CONSTANTS_H */
