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

#endif /* VOUCH_HASH_H */
