// SPDX-License-Identifier: BSD-2-Clause
/* Signing: nothing but images, and those after a closed list. */

#include <stdlib.h>

#include "../common/image_arch.h"
#include "content.h"
#include "helper.h"
#include "link.h"
#include "sign.h"

/* Functions are called p<program>_<name>, of letters, digits and '_': no name
 * on which a loader or a tracer would act. */
static bool is_function_name(const char *name)
{
	const char *p = name;

	if (*p++ != 'p' || *p < '0' || *p > '9')
		return false;
	while (*p >= '0' && *p <= '9')
		p++;
	if (*p != '_')
		return false;
	for (; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && *p != '_')
			return false;
	return true;
}

static const char *check_functions(const struct vouch_image *img)
{
	u32 i;

	for (i = 0; i < img->first_import; i++)
		if (ELF64_ST_TYPE(img->syms[i].st_info) == STT_FUNC &&
		    !is_function_name(vouch_image_symbol(img, i)))
			return "image: a function has a name that the linker "
			       "does not give";
	return NULL;
}

static const char *check_imports(const struct vouch_image *img)
{
	u32 i;

	for (i = img->first_import; i < img->n_syms; i++) {
		const char *name = vouch_image_symbol(img, i);

		if (!img->arch->may_import(name) &&
		    vouch_helper_by_import(name) < 0)
			return "image: it imports what is no helper of vouch";
	}
	return NULL;
}

/* A GPL-only helper in an image of another licence would be refused by the
 * target's loader; here it shows that nobody checked it. */
static const char *check_license(const struct vouch_image *img)
{
	u32 i;

	if (strcmp(img->req.req->license, "Proprietary"))
		return NULL;
	for (i = img->first_import; i < img->n_syms; i++) {
		int h = vouch_helper_by_import(vouch_image_symbol(img, i));

		if (h >= 0 && vouch_helpers[h].gpl)
			return "image: its licence does not allow a helper "
			       "that it imports";
	}
	return NULL;
}

static bool is_unsigned(const struct vouch_record *rec)
{
	struct vouch_record blank = {
		.version = cpu_to_le32(VOUCH_MANIFEST_VERSION),
		.size = cpu_to_le32(sizeof(blank)),
		.epoch = cpu_to_le32(1),
		.sequence = cpu_to_le64(1),
		.slot = VOUCH_UNSIGNED_SLOT,
	};

	memcpy(blank.magic, VOUCH_RECORD_MAGIC, sizeof(blank.magic));
	return !memcmp(rec, &blank, sizeof(blank));
}

static int check_image(const void *elf, size_t len, struct vouch_image *img,
		       const char **why)
{
	int ret;

	if (vouch_image_parse(elf, len, img, why))
		return -EPERM;
	*why = check_functions(img);
	if (!*why)
		*why = check_imports(img);
	if (!*why)
		*why = check_license(img);
	if (*why)
		return -EPERM;
	ret = vouch_content_check(img, why);
	return ret == -EINVAL ? -EPERM : ret;
}

static void write_record(u8 *file, const struct vouch_image *img,
			 const struct vouch_record *rec)
{
	struct vouch_record full = *rec;

	memcpy(full.magic, VOUCH_RECORD_MAGIC, sizeof(full.magic));
	full.version = cpu_to_le32(VOUCH_MANIFEST_VERSION);
	full.size = cpu_to_le32(sizeof(full));
	memcpy(file + ((const u8 *)img->record - img->file), &full,
	       sizeof(full));
}

/* The CMS and the kernel's trailer behind it. */
static int append_signature(const u8 *elf, size_t len, const void *cms,
			    size_t cms_len, void **out, size_t *out_len)
{
	const size_t marker = sizeof(VOUCH_MODULE_SIG_STRING) - 1;
	struct vouch_module_signature sig = { .id_type = 2 };
	u8 *p;

	sig.sig_len[2] = (u8)(cms_len >> 8);
	sig.sig_len[3] = (u8)cms_len;
	*out_len = len + cms_len + sizeof(sig) + marker;
	*out = p = malloc(*out_len);
	if (!p)
		return -ENOMEM;
	memcpy(p, elf, len);
	memcpy(p + len, cms, cms_len);
	memcpy(p + len + cms_len, &sig, sizeof(sig));
	memcpy(p + len + cms_len + sizeof(sig), VOUCH_MODULE_SIG_STRING,
	       marker);
	return 0;
}

static int sign_file(const struct vouch_signer *signer, const u8 *file,
		     size_t len, void **out, size_t *out_len, const char **why)
{
	void *cms = NULL;
	size_t cms_len;
	int ret;

	ret = vouch_crypto_cms(signer, file, len, &cms, &cms_len, why);
	if (ret)
		return ret;
	if (cms_len > VOUCH_MAX_SIG) {
		*why = "signature: longer than targets take";
		ret = -EIO;
	} else {
		ret = append_signature(file, len, cms, cms_len, out, out_len);
	}
	free(cms);
	if (!ret && *out_len > VOUCH_IMAGE_MAX) {
		*why = "image: larger than 64 MiB";
		free(*out);
		ret = -EPERM;
	}
	return ret;
}

int vouch_sign(const struct vouch_signer *signer,
	       const struct vouch_record *rec, const void *elf, size_t len,
	       void **out, size_t *out_len, const char **why)
{
	struct vouch_image img;
	u8 *file;
	int ret;

	if (len > VOUCH_IMAGE_MAX) {
		*why = "image: larger than 64 MiB";
		return -EPERM;
	}
	/* What is checked and signed is a copy that nobody else can change. */
	file = malloc(len ? len : 1);
	if (!file)
		return -ENOMEM;
	if (len)
		memcpy(file, elf, len);
	ret = check_image(file, len, &img, why);
	if (!ret && !is_unsigned(img.record)) {
		*why = "image: it already has a record";
		ret = -EPERM;
	}
	if (!ret) {
		write_record(file, &img, rec);
		ret = check_image(file, len, &img, why);
	}
	if (!ret)
		ret = sign_file(signer, file, len, out, out_len, why);
	free(file);
	return ret;
}
