/* SPDX-License-Identifier: BSD-2-Clause */
/* What the bridge needs of cryptography; crypto.c alone uses OpenSSL. */
#ifndef VOUCH_CRYPTO_H
#define VOUCH_CRYPTO_H

#include "../common/base.h"

#define VOUCH_KEY_BITS 3072

/* An image key with its certificate. */
struct vouch_signer;

/**
 * vouch_sha256() - hash a buffer.
 * @data: the bytes
 * @len: their number
 * @hash: receives the digest
 *
 * Return: 0, or -EIO if the library refuses.
 */
int vouch_sha256(const void *data, size_t len, u8 hash[VOUCH_HASH_LEN]);

/**
 * vouch_crypto_guard() - keep keys that follow in memory that is not dumped.
 *
 * Nor swapped out, if the limit of locked memory allows. Before the first key.
 */
void vouch_crypto_guard(void);

/**
 * vouch_signer_new() - take an image key into use.
 * @key: PEM of an RSA private key of VOUCH_KEY_BITS, not encrypted
 * @key_len: bytes of @key
 * @cert: DER of the key's certificate
 * @cert_len: bytes of @cert
 * @signer: set on success; release with vouch_signer_free()
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, -EINVAL with @why, or -ENOMEM.
 */
int vouch_signer_new(const void *key, size_t key_len, const void *cert,
		     size_t cert_len, struct vouch_signer **signer,
		     const char **why);

/**
 * vouch_crypto_cert_check() - would targets take this image certificate?
 * @cert: X.509 in DER
 * @cert_len: its length in bytes
 * @why: set to a constant text on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_crypto_cert_check(const void *cert, size_t cert_len,
			    const char **why);

/**
 * vouch_signer_free() - forget a key.
 * @signer: may be NULL
 */
void vouch_signer_free(struct vouch_signer *signer);

/**
 * vouch_crypto_cms() - make a detached CMS signature.
 * @signer: the key
 * @data: what is signed
 * @len: bytes of @data
 * @cms: set to the DER on success; the caller frees it
 * @cms_len: bytes of @cms
 * @why: set to a constant text that says what is wrong, on error
 *
 * One signer, SHA-256, no attributes, no certificates, as the kernel takes
 * it. Whoever calls this has decided what may be signed: vouch_sign() alone.
 *
 * Return: 0, or -EIO with @why.
 */
int vouch_crypto_cms(const struct vouch_signer *signer, const void *data,
		     size_t len, void **cms, size_t *cms_len, const char **why);

/**
 * vouch_crypto_cms_check() - check a detached CMS signature.
 * @cert: DER of the certificate of the one signer that is trusted
 * @cert_len: bytes of @cert
 * @data: what was signed
 * @len: bytes of @data
 * @cms: the DER
 * @cms_len: bytes of @cms
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, -EKEYREJECTED or -EINVAL with @why.
 */
int vouch_crypto_cms_check(const void *cert, size_t cert_len, const void *data,
			   size_t len, const void *cms, size_t cms_len,
			   const char **why);

/**
 * vouch_crypto_new_key() - make an image key and its certificate.
 * @name: common name in the certificate, at most 64 printable characters
 * @years: until the certificate expires, 1 to 30; no target has a trusted
 *	clock, so nothing but people reads it
 * @key: set to the PEM of the key; the caller wipes and frees it
 * @key_len: bytes of @key
 * @cert: set to the DER of the certificate; the caller frees it
 * @cert_len: bytes of @cert
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, -EINVAL or -EIO with @why.
 */
int vouch_crypto_new_key(const char *name, int years, void **key,
			 size_t *key_len, void **cert, size_t *cert_len,
			 const char **why);

#endif /* VOUCH_CRYPTO_H */
