// SPDX-License-Identifier: BSD-2-Clause
/* The content hash of an image and the name that follows from it. */

#include <stdlib.h>

#include "../common/hex.h"
#include "content.h"
#include "crypto.h"

int vouch_content_hash(const struct vouch_image *img, u8 hash[VOUCH_HASH_LEN])
{
	u8 *copy = malloc(img->len);
	u32 i;
	int ret;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, img->file, img->len);
	for (i = 0; i < VOUCH_IMAGE_N_VOLATILE; i++)
		memset(copy + img->volatiles[i].off, 0, img->volatiles[i].len);
	ret = vouch_sha256(copy, img->len, hash);
	free(copy);
	return ret;
}

void vouch_content_digits(const u8 hash[VOUCH_HASH_LEN],
			  char digits[VOUCH_IMAGE_DIGITS])
{
	char hex[VOUCH_IMAGE_DIGITS + 1];

	vouch_hex_write(hash, VOUCH_IMAGE_DIGITS / 2, hex);
	memcpy(digits, hex, VOUCH_IMAGE_DIGITS);
}

int vouch_content_check(const struct vouch_image *img, const char **why)
{
	char digits[VOUCH_IMAGE_DIGITS];
	u8 hash[VOUCH_HASH_LEN];
	int ret;

	ret = vouch_content_hash(img, hash);
	if (ret)
		return ret;
	vouch_content_digits(hash, digits);
	*why = NULL;
	if (memcmp(hash, img->req.req->content, sizeof(hash)))
		*why = "image: its content hash is not that of its content";
	else if (memcmp(digits, img->name + sizeof(VOUCH_IMAGE_PREFIX) - 1,
			sizeof(digits)))
		*why = "image: its name is not that of its content";
	return *why ? -EINVAL : 0;
}
