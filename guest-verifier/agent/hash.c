// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-256. The low-level calls, since the others would put all of libcrypto
 * into a static binary that starts with every VM.
 */

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "hash.h"

void vouch_hash_sha256(const void *p, size_t len, u8 hash[VOUCH_HASH_LEN])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, p, len);
	SHA256_Final(hash, &ctx);
}

void vouch_hash_layout(const void *p, size_t len, const char *release,
		       u8 hash[VOUCH_HASH_LEN])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, p, len);
	SHA256_Update(&ctx, release, strlen(release));
	SHA256_Final(hash, &ctx);
}
