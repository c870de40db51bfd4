/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module states about its kernel. */
#ifndef VOUCH_FACTS_H
#define VOUCH_FACTS_H

#include "vouch_guest_abi.h"

/**
 * vouch_facts_check() - is this a kernel that can be captured?
 *
 * Return: 0, or -EOPNOTSUPP after saying in the log what is missing.
 */
int vouch_facts_check(void);

/**
 * vouch_facts_get() - state the facts.
 * @info: filled whole
 */
void vouch_facts_get(struct vouch_guest_info *info);

#endif /* VOUCH_FACTS_H */
