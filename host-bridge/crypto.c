// SPDX-License-Identifier: BSD-2-Clause
/* What the bridge needs of cryptography: the only user of OpenSSL. */

#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto.h"
#include "log.h"

#define CMS_FLAGS \
	(CMS_NOATTR | CMS_NOCERTS | CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP)
#define SERIAL_LEN 16
/* Bytes of guarded memory, a power of two, and the least that is given out of
 * it. A key takes less than a fourth. */
#define GUARDED (256u << 10)
#define GUARDED_LEAST 64

struct vouch_signer {
	EVP_PKEY *key;
	X509 *cert;
};

int vouch_sha256(const void *data, size_t len, u8 hash[VOUCH_HASH_LEN])
{
	return EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL) ? 0 : -EIO;
}

static X509 *read_cert(const void *der, size_t len)
{
	const unsigned char *p = der, *end = p + len;
	X509 *cert;

	if (!len || len > 65536)
		return NULL;
	cert = d2i_X509(NULL, &p, (long)len);
	if (cert && p != end) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

/* Without a password callback OpenSSL would ask the terminal. */
static int no_password(char *buf, int size, int rwflag, void *u)
{
	(void)buf, (void)size, (void)rwflag, (void)u;
	return -1;
}

static EVP_PKEY *read_key(const void *pem, size_t len)
{
	BIO *bio;
	EVP_PKEY *key;

	if (!len || len > 65536)
		return NULL;
	bio = BIO_new_mem_buf(pem, (int)len);
	if (!bio)
		return NULL;
	key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return key;
}

void vouch_crypto_guard(void)
{
	/* The library takes private numbers from there. Without it the key is
	 * as safe as the process is. */
	if (CRYPTO_secure_malloc_initialized())
		return;
	if (CRYPTO_secure_malloc_init(GUARDED, GUARDED_LEAST) != 1)
		vouch_notice("the key's memory cannot be locked; raise the "
			     "limit of locked memory (LimitMEMLOCK=)");
}

int vouch_signer_new(const void *key, size_t key_len, const void *cert,
		     size_t cert_len, struct vouch_signer **signer,
		     const char **why)
{
	struct vouch_signer *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->key = read_key(key, key_len);
	s->cert = read_cert(cert, cert_len);
	*why = NULL;
	if (!s->key)
		*why = "image key: not an unencrypted PEM private key";
	else if (!s->cert)
		*why = "image certificate: not one DER certificate";
	else if (EVP_PKEY_get_base_id(s->key) != EVP_PKEY_RSA ||
		 EVP_PKEY_get_bits(s->key) != VOUCH_KEY_BITS)
		*why = "image key: not RSA of 3072 bits, which is all that "
		       "targets take";
	else if (X509_check_private_key(s->cert, s->key) != 1)
		*why = "image certificate: not of this image key";
	if (*why) {
		vouch_signer_free(s);
		return -EINVAL;
	}
	*signer = s;
	return 0;
}

int vouch_crypto_cert_check(const void *cert, size_t cert_len, const char **why)
{
	X509 *x = read_cert(cert, cert_len);
	EVP_PKEY *key = x ? X509_get0_pubkey(x) : NULL;
	int digest = NID_undef;

	*why = NULL;
	if (x)
		X509_get_signature_info(x, &digest, NULL, NULL, NULL);
	if (!x)
		*why = "it is not one DER certificate";
	else if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
		 EVP_PKEY_get_bits(key) != VOUCH_KEY_BITS)
		*why = "its key is not RSA of 3072 bits, which is all that "
		       "targets take";
	else if (digest != NID_sha256)
		*why = "it is not signed with SHA-256, which is all that "
		       "targets take";
	X509_free(x);
	return *why ? -EINVAL : 0;
}

void vouch_signer_free(struct vouch_signer *signer)
{
	if (!signer)
		return;
	EVP_PKEY_free(signer->key);
	X509_free(signer->cert);
	free(signer);
}

int vouch_crypto_cms(const struct vouch_signer *signer, const void *data,
		     size_t len, void **cms, size_t *cms_len, const char **why)
{
	unsigned char *der = NULL;
	CMS_ContentInfo *ci = NULL;
	BIO *bio = NULL;
	int n = -1;

	*why = "signature: the library could not make it";
	if (len > INT32_MAX)
		return -EIO;
	bio = BIO_new_mem_buf(data, (int)len);
	ci = CMS_sign(NULL, NULL, NULL, NULL, CMS_FLAGS | CMS_PARTIAL);
	if (bio && ci &&
	    CMS_add1_signer(ci, signer->cert, signer->key, EVP_sha256(),
			    CMS_FLAGS) &&
	    CMS_final(ci, bio, NULL, CMS_FLAGS) == 1)
		n = i2d_CMS_ContentInfo(ci, &der);
	CMS_ContentInfo_free(ci);
	BIO_free(bio);
	if (n <= 0)
		return -EIO;
	*cms = malloc((size_t)n);
	if (*cms) {
		memcpy(*cms, der, (size_t)n);
		*cms_len = (size_t)n;
		*why = NULL;
	}
	OPENSSL_free(der);
	return *cms ? 0 : -EIO;
}

int vouch_crypto_cms_check(const void *cert, size_t cert_len, const void *data,
			   size_t len, const void *cms, size_t cms_len,
			   const char **why)
{
	const unsigned char *p = cms, *end = p + cms_len;
	STACK_OF(X509) *certs = sk_X509_new_null();
	X509 *x509 = read_cert(cert, cert_len);
	CMS_ContentInfo *ci = NULL;
	BIO *bio = NULL;
	int ret = -EINVAL;

	*why = "signature: cannot be read";
	if (!certs || !x509 || len > INT32_MAX || cms_len > INT32_MAX)
		goto out;
	ci = d2i_CMS_ContentInfo(NULL, &p, (long)cms_len);
	bio = BIO_new_mem_buf(data, (int)len);
	if (!ci || p != end || !bio || !sk_X509_push(certs, x509))
		goto out;
	*why = "signature: not by this certificate over these bytes";
	ret = -EKEYREJECTED;
	if (CMS_verify(ci, certs, NULL, bio, NULL,
		       CMS_BINARY | CMS_DETACHED | CMS_NOINTERN |
			       CMS_NO_SIGNER_CERT_VERIFY) == 1) {
		*why = NULL;
		ret = 0;
	}
out:
	BIO_free(bio);
	CMS_ContentInfo_free(ci);
	sk_X509_free(certs);
	X509_free(x509);
	return ret;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

/* A fixed length keeps every signature of a key equally long. */
static bool set_serial(X509 *cert)
{
	u8 bytes[SERIAL_LEN];
	BIGNUM *bn;
	bool ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;
	bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
	BN_free(bn);
	return ok;
}

static X509 *make_cert(EVP_PKEY *key, const char *name, int years)
{
	X509 *cert = X509_new();
	X509_NAME *n;

	if (!cert)
		return NULL;
	n = X509_get_subject_name(cert);
	if (X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
	    X509_time_adj_ex(X509_getm_notAfter(cert), 365 * years, 0, NULL) &&
	    X509_set_pubkey(cert, key) &&
	    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
				       (const unsigned char *)name, -1, -1,
				       0) &&
	    X509_set_issuer_name(cert, n) &&
	    add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, NID_ext_key_usage, "codeSigning") &&
	    add_extension(cert, NID_subject_key_identifier, "hash") &&
	    X509_sign(cert, key, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

static int export_key(EVP_PKEY *key, void **pem, size_t *len)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *p;
	long n;
	int ret = -EIO;

	if (!bio)
		return -EIO;
	if (PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
					  NULL)) {
		n = BIO_get_mem_data(bio, &p);
		*pem = n > 0 ? malloc((size_t)n) : NULL;
		if (*pem) {
			memcpy(*pem, p, (size_t)n);
			*len = (size_t)n;
			ret = 0;
		}
	}
	BIO_free(bio);
	return ret;
}

static int export_cert(X509 *cert, void **der, size_t *len)
{
	unsigned char *p = NULL;
	int n = i2d_X509(cert, &p);

	*der = n > 0 ? malloc((size_t)n) : NULL;
	if (*der) {
		memcpy(*der, p, (size_t)n);
		*len = (size_t)n;
	}
	OPENSSL_free(p);
	return *der ? 0 : -EIO;
}

static bool is_common_name(const char *name)
{
	char text[65] = {};

	if (!name[0] || strlen(name) >= sizeof(text))
		return false;
	memcpy(text, name, strlen(name));
	return vouch_text_ok(text, sizeof(text));
}

int vouch_crypto_new_key(const char *name, int years, void **key,
			 size_t *key_len, void **cert, size_t *cert_len,
			 const char **why)
{
	EVP_PKEY *pkey;
	X509 *x509;
	int ret = -EIO;

	*key = NULL;
	if (!is_common_name(name) || years < 1 || years > 30) {
		*why = "new key: the name must have 1 to 64 printable "
		       "characters, the term 1 to 30 years";
		return -EINVAL;
	}
	*why = "new key: the library could not make it";
	pkey = EVP_RSA_gen(VOUCH_KEY_BITS);
	x509 = pkey ? make_cert(pkey, name, years) : NULL;
	if (x509 && !export_key(pkey, key, key_len)) {
		ret = export_cert(x509, cert, cert_len);
		if (ret) {
			OPENSSL_cleanse(*key, *key_len);
			free(*key);
			*key = NULL;
		}
	}
	X509_free(x509);
	EVP_PKEY_free(pkey);
	if (!ret)
		*why = NULL;
	return ret;
}
