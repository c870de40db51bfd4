// SPDX-License-Identifier: BSD-2-Clause
/*
 * The image parser, whose file the kernel compiles too. What it accepts must
 * be safe to follow: every pointer it hands out is touched.
 */

#include <stdlib.h>

#include "image.h"

static volatile u64 sink;

static void touch(const void *p, size_t len)
{
	const u8 *b = p;

	while (len--)
		sink += *b++;
}

static void follow(const struct vouch_image *img)
{
	u32 i;

	touch(img->text, img->text_len);
	touch(img->data, img->data_len);
	touch(img->name, VOUCH_IMAGE_NAME_LEN + 1);
	touch(img->vermagic, strlen(img->vermagic));
	touch(img->record, sizeof(*img->record));
	touch(img->req.progs, img->req.n_progs * sizeof(*img->req.progs));
	touch(img->req.maps, img->req.n_maps * sizeof(*img->req.maps));
	touch(img->req.refs, img->req.n_refs * sizeof(*img->req.refs));
	for (i = 0; i < img->n_syms; i++)
		touch(vouch_image_symbol(img, i),
		      strlen(vouch_image_symbol(img, i)));
	for (i = 0; i < img->n_relas; i++)
		touch(img->text + img->relas[i].r_offset, 4);
	for (i = 0; i < VOUCH_IMAGE_N_VOLATILE; i++)
		touch(img->file + img->volatiles[i].off, img->volatiles[i].len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_image img;
	const char *why = NULL;
	u32 elf_len, sig_len;
	/* A buffer of exactly this length, aligned as the parser asks. */
	u8 *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	if (vouch_image_split(copy, len, &elf_len, &sig_len, &why)) {
		if (!why)
			abort();
		elf_len = (u32)len;
	}
	why = NULL;
	if (!vouch_image_parse(copy, elf_len, &img, &why))
		follow(&img);
	else if (!why)
		abort();
	free(copy);
	return 0;
}
