// SPDX-License-Identifier: BSD-2-Clause
/*
 * The signer: what the process with the key takes from its peer. An input is
 * changes to the tests' image. The first byte says whether content hash and
 * name are put right afterwards, so that only the closed list is left to
 * refuse; the second, whether the record is one of the input's.
 *
 * Whatever is signed is an image whose content hash is right, and what the
 * signature is of is the file up to it (signing.h).
 *
 * Parser: host-bridge/sign.c host-bridge/content.c
 */

#include "base.h"
#include "signing.h"

#include "content.h"
#include "sign.h"

struct keys {
	struct vouch_signer *signer;
	void *cert;
	size_t cert_len;
};

static const struct keys *keys(void)
{
	static struct keys k;
	const char *why = "";
	size_t len;
	void *key;

	if (k.signer)
		return &k;
	if (vouch_crypto_new_key("fuzz image key", 1, &key, &len, &k.cert,
				 &k.cert_len, &why) ||
	    vouch_signer_new(key, len, k.cert, k.cert_len, &k.signer, &why))
		abort();
	free(key);
	return &k;
}

/* Hash and name anew. */
static void seal(u8 *image, size_t len)
{
	u8 hash[VOUCH_HASH_LEN];
	struct vouch_image img;
	const char *why;

	if (vouch_image_parse(image, len, &img, &why) ||
	    vouch_content_hash(&img, hash))
		return;
	vouch_content_digits(hash, (char *)image + img.volatiles[0].off);
	vouch_content_digits(hash, (char *)image + img.volatiles[1].off);
	memcpy(image + img.volatiles[2].off, hash, sizeof(hash));
}

static void check_signed(const u8 *file, size_t len)
{
	const struct keys *k = keys();
	struct vouch_image img;
	u32 elf_len, sig_len;
	const char *why;

	fuzz_require(!vouch_image_split(file, len, &elf_len, &sig_len, &why));
	fuzz_require(!vouch_image_parse(file, elf_len, &img, &why));
	fuzz_require(!vouch_content_check(&img, &why));
	fuzz_require(!vouch_crypto_cms_check(k->cert, k->cert_len, file,
					     elf_len, file + elf_len, sig_len,
					     &why));
}

static void read_record(struct fuzz_input *in, struct vouch_record *rec)
{
	size_t got;
	const u8 *p;

	rec->epoch = cpu_to_le32(fuzz_u32(in));
	rec->sequence = cpu_to_le64(fuzz_u64(in));
	p = fuzz_bytes(in, fuzz_u8(in) % sizeof(rec->slot), &got);
	memset(rec->slot, 0, sizeof(rec->slot));
	if (got)
		memcpy(rec->slot, p, got);
	p = fuzz_bytes(in, fuzz_u8(in) % sizeof(rec->submitter), &got);
	if (got)
		memcpy(rec->submitter, p, got);
}

static void sign(const struct vouch_record *rec, const u8 *image, size_t len,
		 const struct fuzz_input *from)
{
	const struct keys *k = keys();
	const char *why = NULL;
	size_t out_len = 0;
	void *out = NULL;
	int ret;

	fuzz_alloc_arm(from->pos, from->left);
	ret = vouch_sign(k->signer, rec, image, len, &out, &out_len, &why);
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || (ret == -EPERM && why));
	if (!ret)
		check_signed(out, out_len);
	if (!ret)
		free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fuzz_base *base = fuzz_base();
	const struct fuzz_input whole = { data, len };
	struct fuzz_input in = whole;
	struct vouch_record rec = {
		.epoch = cpu_to_le32(3),
		.sequence = cpu_to_le64(7),
		.slot = "edge0",
		.submitter = "vsock 3",
		.object_name = "filter.o",
	};
	struct fuzz_edited e;
	u8 how = fuzz_u8(&in), *image;

	if (how & 2)
		read_record(&in, &rec);
	e = fuzz_editable(base->image, base->image_len);
	fuzz_edit(&e, &in);
	len = e.len;
	image = fuzz_edited_end(&e);
	if (how & 1)
		seal(image, len);
	sign(&rec, image, len, &whole);
	free(image);
	return 0;
}
