/* SPDX-License-Identifier: BSD-2-Clause */
/* With which privileges a load is tried. */
#ifndef VOUCH_PRIVILEGE_H
#define VOUCH_PRIVILEGE_H

#include "base.h"

/**
 * vouch_privilege_lacks() - may a load succeed with CAP_PERFMON?
 * @err: what the verifier refused it with, positive
 *
 * Without that capability the verifier also walks the paths that a CPU takes
 * by speculation: there it finds accesses out of bounds, registers not set,
 * loops without an end and more states than it keeps, which the program itself
 * has not.
 *
 * Return: true if the refusal may come of that.
 */
bool vouch_privilege_lacks(int err);

#endif /* VOUCH_PRIVILEGE_H */
