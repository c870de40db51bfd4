/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an image's requirements suit this very target. */
#ifndef VOUCH_SUIT_H
#define VOUCH_SUIT_H

#include "image.h"
#include "reason.h"

/**
 * vouch_suit_check() - hold an image's requirements against this target.
 * @img: parsed image
 * @why: filled on error
 *
 * Profile, vermagic, struct module, mitigations, imports, maps, programs.
 *
 * Return: 0 or -ENOEXEC.
 */
int vouch_suit_check(const struct vouch_image *img, struct vouch_reason *why);

/** vouch_suit_profile() - the target profile's id, VOUCH_HASH_LEN bytes. */
const u8 *vouch_suit_profile(void);

#endif /* VOUCH_SUIT_H */
