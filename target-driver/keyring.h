/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys that may sign images: compiled in, and nothing adds to them. */
#ifndef VOUCH_KEYRING_H
#define VOUCH_KEYRING_H

#include <linux/types.h>

#include "reason.h"

/**
 * vouch_keyring_init() - make the keyring from the compiled-in certificates.
 *
 * Return: 0 or -errno.
 */
int vouch_keyring_init(void);

/** vouch_keyring_exit() - release the keyring. */
void vouch_keyring_exit(void);

/**
 * vouch_keyring_check() - check the signature of an image.
 * @data: what is signed
 * @len: its length in bytes
 * @cms: the signature, DER
 * @cms_len: its length in bytes
 * @why: filled on error
 *
 * The signature must be byte for byte what vouch writes with one of the
 * certificates, but for the RSA value, and that must be right.
 *
 * Return: 0; -EBADMSG for another shape; -ENOKEY if no certificate is named;
 * -EKEYREJECTED if the value is wrong.
 */
int vouch_keyring_check(const void *data, size_t len, const u8 *cms,
			size_t cms_len, struct vouch_reason *why);

#endif /* VOUCH_KEYRING_H */
