/* SPDX-License-Identifier: BSD-2-Clause */
/* The content hash of an image and the name that follows from it. */
#ifndef VOUCH_CONTENT_H
#define VOUCH_CONTENT_H

#include "../common/image.h"

/**
 * vouch_content_hash() - compute the content hash, as image.h defines it.
 * @img: a parsed image
 * @hash: receives the hash
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int vouch_content_hash(const struct vouch_image *img, u8 hash[VOUCH_HASH_LEN]);

/**
 * vouch_content_digits() - the digits of an image's name.
 * @hash: its content hash
 * @digits: receives VOUCH_IMAGE_DIGITS digits, not NUL-terminated
 */
void vouch_content_digits(const u8 hash[VOUCH_HASH_LEN],
			  char digits[VOUCH_IMAGE_DIGITS]);

/**
 * vouch_content_check() - do hash and name in an image fit its content?
 * @img: a parsed image
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, -EINVAL with @why, -ENOMEM or -EIO.
 */
int vouch_content_check(const struct vouch_image *img, const char **why);

#endif /* VOUCH_CONTENT_H */
