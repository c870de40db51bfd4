/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process that stays root keeps of it. User space only. */
#ifndef VOUCH_PRIVILEGES_H
#define VOUCH_PRIVILEGES_H

#include "base.h"

/**
 * vouch_privileges_keep() - give up all capabilities but some, for good.
 * @caps: the capabilities to keep (CAP_...); those of them that the process
 *	does not have it does not get
 * @n: how many
 * @what: set to a constant text that says which step failed, on error
 *
 * Nothing that the process runs can have more. Nobody but who may trace any
 * process can read its memory, and it leaves no core. Descriptors beyond
 * standard error are closed. To be called before there are threads.
 *
 * Return: 0 or the negative error; the process must then end.
 */
int vouch_privileges_keep(const int *caps, u32 n, const char **what);

#endif /* VOUCH_PRIVILEGES_H */
