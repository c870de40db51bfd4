/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256, from OpenSSL. */
#ifndef VOUCH_HASH_H
#define VOUCH_HASH_H

#include "base.h"

/**
 * vouch_hash_sha256() - hash a buffer.
 * @p: its first byte
 * @len: its length in bytes
 * @hash: filled
 */
void vouch_hash_sha256(const void *p, size_t len, u8 hash[VOUCH_HASH_LEN]);

/**
 * vouch_hash_layout() - hash what is known of a target.
 * @p: its BTF and its kconfig, one behind the other
 * @len: bytes of both
 * @release: its release, hashed behind them without the final NUL
 * @hash: filled
 */
void vouch_hash_layout(const void *p, size_t len, const char *release,
		       u8 hash[VOUCH_HASH_LEN]);

#endif /* VOUCH_HASH_H */
