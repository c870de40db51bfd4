/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing an image's ELF file; elfwrite.c does it with libelf, by the
 * architecture's list of sections and the table of them in
 * common/image_form.c.
 */
#ifndef VOUCH_ELFWRITE_H
#define VOUCH_ELFWRITE_H

#include "../common/image.h"

/* What goes into each section. */
struct vouch_elf_part {
	const void *data; /* NULL for a section without bytes in the file */
	u64 size; /* bytes */
};

/**
 * vouch_elf_write() - write an image's ELF file.
 * @arch: what the image's architecture owns
 * @parts: by enum vouch_section; those of NULL and SHSTRTAB, and what is not
 *	in the architecture's list, are ignored
 * @first_import: index of the first global symbol
 * @out: set to the file on success; the caller frees it
 * @len: bytes of @out
 *
 * The file exists in memory only (memfd_create()).
 *
 * Return: 0, -ENOMEM, -E2BIG beyond VOUCH_IMAGE_MAX, or -EIO.
 */
int vouch_elf_write(const struct vouch_image_arch *arch,
		    const struct vouch_elf_part parts[VOUCH_N_SECTIONS],
		    u32 first_import, void **out, size_t *len);

#endif /* VOUCH_ELFWRITE_H */
