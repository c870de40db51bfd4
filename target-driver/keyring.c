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
			pr_err("image certificate %zu does not load (%d); build the module with another\n",
			       i, err);
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
		return vouch_refuse(
			why, -ENOKEY,
			"signature: not of the shape that vouch writes with an image key of this target; sign with such a key");
	err = verify_pkcs7_signature(data, len, cms, cms_len, keyring,
				     VERIFYING_MODULE_SIGNATURE, NULL, NULL);
	if (err)
		return vouch_refuse(
			why, err,
			"signature: does not match the file (%d); fetch the image again or sign it anew",
			err);
	return 0;
}
