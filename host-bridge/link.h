/* SPDX-License-Identifier: BSD-2-Clause */
/* Linking: a checked capture becomes an unsigned image for one target. */
#ifndef VOUCH_LINK_H
#define VOUCH_LINK_H

#include "check.h"

/*
 * What an unsigned image has in place of a slot's name, with epoch and
 * sequence 1 and all else zero in its record. The signer takes nothing else
 * and writes the record anew; the content hash leaves it out.
 */
#define VOUCH_UNSIGNED_SLOT "unsigned"

/**
 * vouch_link() - link an image.
 * @cap: the capture
 * @chk: what vouch_check() found in it, for the same profile
 * @profile: the target
 * @options_hash: SHA-256 of the submission's options
 * @instance: 0, or the number of a further instance, which gets a content hash
 *	and so a name of its own
 * @image: set to the ELF file on success; the caller frees it
 * @len: bytes of @image
 * @why: filled on refusal
 *
 * The same input gives the same bytes. Before it is handed out the file is
 * held against vouch_image_parse(). Needs no key, file or network, but
 * memfd_create().
 *
 * Return: 0, -EPERM with @why, -ENOMEM or -EIO.
 */
int vouch_link(const struct vouch_capture_view *cap,
	       const struct vouch_checked *chk,
	       const struct vouch_profile *profile,
	       const u8 options_hash[VOUCH_HASH_LEN], u32 instance,
	       void **image, size_t *len, struct vouch_refusal *why);

#endif /* VOUCH_LINK_H */
