/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures that cost nothing, in place of host-bridge/crypto.c, for fuzz
 * targets to which it matters what is signed and not how: RSA would take most
 * of their time. The "CMS" is the hash of what it is of, behind a mark.
 */
#ifndef VOUCH_FUZZ_SIGNING_H
#define VOUCH_FUZZ_SIGNING_H

#include <openssl/evp.h>

#include "fuzz.h"

#include "../../host-bridge/crypto.h"

#define FUZZ_KEY "key"
#define FUZZ_CERT "cert"

struct fuzz_cms {
	char mark[8];
	u8 hash[VOUCH_HASH_LEN];
};

struct vouch_signer {
	u8 nothing;
};

int vouch_sha256(const void *data, size_t len, u8 hash[VOUCH_HASH_LEN])
{
	return EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL) ? 0 : -EIO;
}

void vouch_crypto_guard(void)
{
}

int vouch_signer_new(const void *key, size_t key_len, const void *cert,
		     size_t cert_len, struct vouch_signer **signer,
		     const char **why)
{
	fuzz_require(key_len == sizeof(FUZZ_KEY) &&
		     !memcmp(key, FUZZ_KEY, key_len));
	fuzz_require(cert_len == sizeof(FUZZ_CERT) &&
		     !memcmp(cert, FUZZ_CERT, cert_len));
	*why = NULL;
	*signer = malloc(sizeof(**signer));
	return *signer ? 0 : -ENOMEM;
}

void vouch_signer_free(struct vouch_signer *signer)
{
	free(signer);
}

int vouch_crypto_cms(const struct vouch_signer *signer, const void *data,
		     size_t len, void **cms, size_t *cms_len, const char **why)
{
	struct fuzz_cms *c = malloc(sizeof(*c));

	(void)signer;
	*why = "signature: the library could not make it";
	if (!c)
		return -EIO;
	memcpy(c->mark, "fuzz cms", sizeof(c->mark));
	fuzz_require(!vouch_sha256(data, len, c->hash));
	*why = NULL;
	*cms = c;
	*cms_len = sizeof(*c);
	return 0;
}

int vouch_crypto_cms_check(const void *cert, size_t cert_len, const void *data,
			   size_t len, const void *cms, size_t cms_len,
			   const char **why)
{
	struct fuzz_cms c = { .mark = "fuzz cms" };

	(void)cert;
	(void)cert_len;
	*why = "signature: not by this certificate over these bytes";
	fuzz_require(!vouch_sha256(data, len, c.hash));
	if (cms_len != sizeof(c) || memcmp(cms, &c, sizeof(c)))
		return -EKEYREJECTED;
	*why = NULL;
	return 0;
}

int vouch_crypto_new_key(const char *name, int years, void **key,
			 size_t *key_len, void **cert, size_t *cert_len,
			 const char **why)
{
	(void)name;
	(void)years;
	*key_len = sizeof(FUZZ_KEY);
	*cert_len = sizeof(FUZZ_CERT);
	*key = fuzz_copy(FUZZ_KEY, *key_len);
	*cert = fuzz_copy(FUZZ_CERT, *cert_len);
	*why = NULL;
	return 0;
}

#endif /* VOUCH_FUZZ_SIGNING_H */
