// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module loader's own check accepts SHA-1, expired certificates, junk
 * behind the signature and a message of which one of two signers is trusted.
 * So the CMS is held against a template first: nothing but the RSA value may
 * differ from it.
 */

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/key.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/verification.h>
#include <asm/unaligned.h>
#include <keys/asymmetric-type.h>

#include "keyring.h"
#include "vouch_gen_certs.h"

#define RSA_LEN 384 /* bytes of an RSA-3072 signature */

static struct key *keyring;

static int add(const u8 *der, u32 len)
{
	key_ref_t key;

	key = key_create_or_update(
		make_key_ref(keyring, true), "asymmetric", NULL, der, len,
		(KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW | KEY_USR_READ,
		KEY_ALLOC_NOT_IN_QUOTA | KEY_ALLOC_BYPASS_RESTRICTION);
	if (IS_ERR(key))
		return PTR_ERR(key);
	key_ref_put(key);
	return 0;
}

int vouch_keyring_init(void)
{
	static const char another[] = "build the module with another";
	static const char again[] = "there is no memory, try again";
	int err = 0;
	size_t i;

	keyring = keyring_alloc(
		".vouch_target", KUIDT_INIT(0), KGIDT_INIT(0), current_cred(),
		(KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW | KEY_USR_READ |
			KEY_USR_SEARCH,
		KEY_ALLOC_NOT_IN_QUOTA, NULL, NULL);
	if (IS_ERR(keyring)) {
		pr_err("making the keyring failed: %ld\n", PTR_ERR(keyring));
		return PTR_ERR(keyring);
	}
	for (i = 0; !err && i < ARRAY_SIZE(vouch_certs); i++) {
		err = add(vouch_certs[i].der, vouch_certs[i].der_len);
		if (err)
			pr_err("image certificate %zu does not load (%d); %s\n",
			       i, err, err == -ENOMEM ? again : another);
	}
	if (!err)
		err = keyring_restrict(make_key_ref(keyring, true), NULL, NULL);
	if (err)
		vouch_keyring_exit();
	return err;
}

void vouch_keyring_exit(void)
{
	key_put(keyring);
}

/*
 * Where the parts of the template end, and what is wrong with a CMS that is
 * another from there on. Negative: from the template's end. Lengths are not
 * compared, for they follow from what comes later; what gen-certs writes has
 * all parts at these places.
 */
#define SIGNER_INFOS 54 /* the set of them: tag, three bytes of length */
#define SIGNER_INFO (SIGNER_INFOS + 4)
#define LENGTH_LEN 3

static const struct {
	int end;
	bool is_length;
	int err;
	const char *what;
} parts[] = {
	{ 1, false, -EBADMSG, "is not the kernel's CMS" },
	{ 1 + LENGTH_LEN, true, 0, NULL },
	{ 16, false, -EBADMSG, "is no signed data" },
	{ 16 + LENGTH_LEN, true, 0, NULL },
	{ 20, false, -EBADMSG, "is no signed data" },
	{ 20 + LENGTH_LEN, true, 0, NULL },
	{ 26, false, -EBADMSG, "has another version" },
	{ 41, false, -EBADMSG, "uses another digest than SHA-256" },
	{ SIGNER_INFOS, false, -EBADMSG, "is not of detached data" },
	{ SIGNER_INFOS + 1, false, -EBADMSG, "holds certificates" },
	{ SIGNER_INFO, true, 0, NULL },
	{ SIGNER_INFO + 1, false, -EBADMSG, "has no signer" },
	{ SIGNER_INFO + 1 + LENGTH_LEN, true, 0, NULL },
	{ 65, false, -EBADMSG, "does not name issuer and serial number" },
	{ -32, false, -ENOKEY, "is not by an image key of this target" },
	{ -19, false, -EBADMSG, "uses another digest than SHA-256" },
	{ -18, false, -EBADMSG, "has attributes" },
	{ -4, false, -EBADMSG, "uses another algorithm than RSA" },
	{ 0, false, -EBADMSG, "is of an RSA key that has not 3072 bits" },
};

#define FIRST_SIGNER 12 /* the part where its length ends */

static u32 length_at(const u8 *tag)
{
	return get_unaligned_be16(tag + 2);
}

static bool has_more_signers(const u8 *cms)
{
	return length_at(cms + SIGNER_INFOS) !=
	       length_at(cms + SIGNER_INFO) + SIGNER_INFO - SIGNER_INFOS;
}

/* Where @cms leaves a template; parts[] and more if nowhere. */
static u32 first_difference(const u8 *cms, size_t len, u32 n)
{
	u32 i, pos = 0;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		const u32 end = parts[i].end > 0
					? parts[i].end
					: vouch_certs[n].cms_len + parts[i].end;

		if (end > len)
			return i;
		if (!parts[i].is_length &&
		    memcmp(cms + pos, vouch_certs[n].cms + pos, end - pos))
			return i;
		pos = end;
	}
	return i;
}

/* The whole template decides; this only finds words for it. */
static int refuse_shape(const u8 *cms, size_t len, struct vouch_reason *why)
{
	const char *what = "is longer than what it says, or shorter";
	u32 best = 0, i;
	int err = -EBADMSG;

	for (i = 0; i < ARRAY_SIZE(vouch_certs); i++)
		best = max(best, first_difference(cms, len, i));
	if (best < ARRAY_SIZE(parts)) {
		what = parts[best].what ?: "is cut off";
		err = parts[best].err ?: -EBADMSG;
	}
	if (best > FIRST_SIGNER && has_more_signers(cms)) {
		what = "has more than one signer";
		err = -EBADMSG;
	}
	return vouch_refuse(
		why, err,
		"signature: it %s, while vouch writes one shape; sign with an image key of this target",
		what);
}

static bool fits_template(const u8 *cms, size_t cms_len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vouch_certs); i++)
		if (cms_len == vouch_certs[i].cms_len + RSA_LEN &&
		    !memcmp(cms, vouch_certs[i].cms, vouch_certs[i].cms_len))
			return true;
	return false;
}

int vouch_keyring_check(const void *data, size_t len, const u8 *cms,
			size_t cms_len, struct vouch_reason *why)
{
	int err;

	if (!fits_template(cms, cms_len))
		return refuse_shape(cms, cms_len, why);
	err = verify_pkcs7_signature(data, len, cms, cms_len, keyring,
				     VERIFYING_MODULE_SIGNATURE, NULL, NULL);
	if (err)
		return vouch_refuse(
			why, err,
			"signature: does not match the file (%d); fetch the image again or sign it anew",
			err);
	return 0;
}
