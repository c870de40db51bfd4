/* SPDX-License-Identifier: BSD-2-Clause */
/* A last look at a linked image: does it hold an address of a kernel? */
#ifndef VOUCH_SCAN_H
#define VOUCH_SCAN_H

#include <jansson.h>

#include "profile.h"
#include "refusal.h"

/**
 * vouch_scan_image() - look for kernel addresses in an image.
 * @image: the linked file
 * @len: its length in bytes
 * @object: the submitted object's bytes
 * @object_len: their number
 * @options: of the submission, in their canonical form; NULL for none
 * @profile: of the target that the object was relocated for; NULL for none
 * @why: filled on refusal
 *
 * It knows nothing of captures and references: every instruction of the
 * finished image is disassembled, and an operand in the upper half of the
 * address space, where all of a kernel lies, must be a constant that the
 * author of the object wrote. So must each eight bytes among the values that
 * maps start with. What else an image holds has a closed form (image.h,
 * manifest.h) without a place for an address.
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_scan_image(const void *image, size_t len, const void *object,
		     size_t object_len, const json_t *options,
		     const struct vouch_profile *profile,
		     struct vouch_refusal *why);

#endif /* VOUCH_SCAN_H */
