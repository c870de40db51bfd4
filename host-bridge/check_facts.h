/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check of the facts that a capture states: where structures of the
 * verifier kernel have what machine code reaches. Maps on the target follow the
 * verifier kernel's layout; everything else must lie where the target has it.
 */
#ifndef VOUCH_CHECK_FACTS_H
#define VOUCH_CHECK_FACTS_H

#include "check.h"

/**
 * vouch_facts_check() - check a capture's facts, and take the layout of maps.
 * @cap: the parsed capture
 * @profile: the target's
 * @retargeted: accesses were worked out for the target by itself
 * @out: gets the layout
 * @why: filled on refusal
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_facts_check(const struct vouch_capture_view *cap,
		      const struct vouch_profile *profile, bool retargeted,
		      struct vouch_checked *out, struct vouch_refusal *why);

#endif /* VOUCH_CHECK_FACTS_H */
