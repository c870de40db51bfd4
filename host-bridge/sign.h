/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signing: an unsigned image gets its record and its signature.
 *
 * An image key is a key to the kernel, so nothing but images is ever signed:
 * the finished file is held against the closed list of common/image.c, every
 * import against the table of helpers, hash and name against the content.
 */
#ifndef VOUCH_SIGN_H
#define VOUCH_SIGN_H

#include "../common/image.h"
#include "crypto.h"

/**
 * vouch_sign() - sign an image.
 * @signer: the image key
 * @rec: what the record shall say; magic, version and size are filled in here
 * @elf: an unsigned image, as vouch_link() makes it
 * @len: bytes of @elf
 * @out: set to the signed image on success; the caller frees it
 * @out_len: bytes of @out
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, -EPERM with @why if @elf or @rec is not what may be signed,
 * -EIO with @why, or -ENOMEM.
 */
int vouch_sign(const struct vouch_signer *signer,
	       const struct vouch_record *rec, const void *elf, size_t len,
	       void **out, size_t *out_len, const char **why);

#endif /* VOUCH_SIGN_H */
