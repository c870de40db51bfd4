// SPDX-License-Identifier: GPL-2.0-only

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kernel_read_file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <crypto/sha2.h>

#include "admit.h"
#include "keyring.h"
#include "slot.h"
#include "suit.h"

static int read_file(int fd, void **file, size_t *len, struct vouch_reason *why)
{
	ssize_t n;

	*file = NULL;
	n = kernel_read_file_from_fd(fd, 0, file, VOUCH_IMAGE_MAX, NULL,
				     READING_MODULE);
	if (n < 0)
		return vouch_refuse(
			why, n,
			"image: reading the file failed (%zd); pass a descriptor of a regular file of at most %u bytes",
			n, VOUCH_IMAGE_MAX);
	*len = n;
	return 0;
}

static int shape_error(struct vouch_reason *why, const char *what)
{
	return vouch_refuse(why, -EBADMSG, "%s; fetch the image again", what);
}

/* The digest with the volatile bytes taken as zero. */
static void content_hash(const struct vouch_image *img, u8 *hash)
{
	static const u8 zero[64];
	struct sha256_state state;
	u32 pos = 0, i;

	sha256_init(&state);
	for (i = 0; i < VOUCH_IMAGE_N_VOLATILE; i++) {
		const struct vouch_image_range *r = &img->volatiles[i];
		u32 left = r->len;

		sha256_update(&state, img->file + pos, r->off - pos);
		while (left) {
			u32 n = min_t(u32, left, sizeof(zero));

			sha256_update(&state, zero, n);
			left -= n;
		}
		pos = r->off + r->len;
	}
	sha256_update(&state, img->file + pos, img->len - pos);
	sha256_final(&state, hash);
}

static int check_content(const struct vouch_image *img,
			 struct vouch_reason *why)
{
	char digits[VOUCH_IMAGE_DIGITS + 1] = "";
	u8 hash[VOUCH_HASH_LEN];
	u32 i;

	/* content_hash() relies on it, and the parser promises it. */
	for (i = 1; i < VOUCH_IMAGE_N_VOLATILE; i++)
		if (img->volatiles[i].off <
		    img->volatiles[i - 1].off + img->volatiles[i - 1].len)
			return shape_error(why,
					   "image: sections are out of order");
	content_hash(img, hash);
	if (memcmp(hash, img->req.req->content, sizeof(hash)))
		return shape_error(why,
				   "image: the content hash is not the file's");
	bin2hex(digits, hash, VOUCH_IMAGE_DIGITS / 2);
	if (strcmp(img->name + sizeof(VOUCH_IMAGE_PREFIX) - 1, digits))
		return shape_error(
			why, "image: the name is not that of its content");
	return 0;
}

static int check(struct vouch_admitted *a, size_t len, struct vouch_reason *why)
{
	const struct vouch_record *rec;
	u32 elf_len, sig_len;
	const char *what;
	int err;

	if (vouch_image_split(a->file, len, &elf_len, &sig_len, &what))
		return shape_error(why, what);
	err = vouch_keyring_check(a->file, elf_len, a->file + elf_len, sig_len,
				  why);
	if (err)
		return err;
	if (vouch_image_parse(a->file, elf_len, &a->img, &what))
		return shape_error(why, what);
	err = check_content(&a->img, why);
	if (err)
		return err;
	err = vouch_suit_check(&a->img, why);
	if (err)
		return err;
	rec = a->img.record;
	return vouch_slot_check(rec->slot, le32_to_cpu(rec->epoch),
				le64_to_cpu(rec->sequence), why);
}

struct vouch_admitted *vouch_admit(int fd, struct vouch_reason *why)
{
	struct vouch_admitted *a;
	size_t len;
	int err;

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return ERR_PTR(
			vouch_refuse(why, -ENOMEM, "image: out of memory"));
	INIT_LIST_HEAD(&a->list);
	err = read_file(fd, &a->file, &len, why);
	if (!err)
		err = check(a, len, why);
	if (err) {
		vouch_admit_free(a);
		return ERR_PTR(err);
	}
	return a;
}

void vouch_admit_free(struct vouch_admitted *a)
{
	if (!a)
		return;
	vfree(a->file);
	kfree(a);
}
