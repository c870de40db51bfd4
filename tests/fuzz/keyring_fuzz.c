// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target driver's look at a signature: the kernel module's own file,
 * compiled in user space. An input is a CMS, or, if it does not begin as one,
 * changes to one of two that are of the right shape, as its first byte says.
 *
 * Parser: target-driver/keyring.c target-driver/reason.c
 */

#include "edits.h"

/* The kernel is built without this warning. */
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "../../target-driver/keyring.c"
#include "../../target-driver/reason.c"

static int key_made, good;

struct key *keyring_alloc(const char *name, int uid, int gid,
			  const struct cred *cred, int perm,
			  unsigned long flags, void *restriction,
			  struct key *dest)
{
	(void)name;
	(void)uid;
	(void)gid;
	(void)cred;
	(void)perm;
	(void)flags;
	(void)restriction;
	(void)dest;
	return (struct key *)&key_made;
}

key_ref_t key_create_or_update(key_ref_t ring, const char *type,
			       const char *name, const void *data, size_t len,
			       int perm, unsigned long flags)
{
	(void)type;
	(void)name;
	(void)perm;
	(void)flags;
	fuzz_touch(data, len);
	return ring;
}

/* Only what is of the shape gets here. */
int verify_pkcs7_signature(const void *data, size_t len, const void *cms,
			   size_t cms_len, struct key *keys, int usage,
			   void *view, void *ctx)
{
	(void)data;
	(void)len;
	(void)keys;
	(void)usage;
	(void)view;
	(void)ctx;
	fuzz_require(fits_template(cms, cms_len));
	return good ? 0 : -EKEYREJECTED;
}

static void check(const u8 *cms, size_t len)
{
	struct vouch_reason why = { "" };
	int err = vouch_keyring_check("data", 4, cms, len, &why);

	fuzz_require(memchr(why.text, 0, sizeof(why.text)));
	fuzz_require(err ? why.text[0] : fits_template(cms, len) && good);
}

static struct fuzz_edited make_cms(u8 how)
{
	u32 n = how % ARRAY_SIZE(vouch_certs);
	struct fuzz_edited e = { .len = vouch_certs[n].cms_len + RSA_LEN };

	e.max = e.len + 1024;
	e.data = calloc(1, e.max);
	memcpy(e.data, vouch_certs[n].cms, vouch_certs[n].cms_len);
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	struct fuzz_edited e;
	u8 how = 0, *copy;

	if (!keyring)
		fuzz_require(!vouch_keyring_init());
	if (len && data[0] == vouch_cms_1[0]) {
		copy = fuzz_copy(data, len);
	} else {
		how = fuzz_u8(&in);
		e = make_cms(how);
		fuzz_edit(&e, &in);
		len = e.len;
		copy = fuzz_copy(e.data, len);
		free(e.data);
	}
	good = how & 2;
	check(copy, len);
	free(copy);
	return 0;
}
