// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Images: relocations of the code, and the exception table. */

#include "image_arch.h"

#define LONGEST 15 /* bytes of an instruction, on any architecture */

static bool is_slot(const struct vouch_image *img, const Elf64_Rela *r)
{
	s64 first = img->arch->addend;

	return ELF64_R_SYM(r->r_info) == VOUCH_SYM_SLOTS &&
	       r->r_addend >= first &&
	       r->r_addend < 8 * (s64)img->n_slots + first &&
	       (r->r_addend - first) % 8 == 0;
}

static const char *check_rela(const struct vouch_image *img,
			      const Elf64_Rela *r)
{
	const struct vouch_image_arch *arch = img->arch;
	u32 sym = ELF64_R_SYM(r->r_info), type = ELF64_R_TYPE(r->r_info);

	if (type == arch->call) {
		if (sym < img->first_import || sym >= img->n_syms ||
		    r->r_addend != arch->addend)
			return "relocation: not to an import";
		return NULL;
	}
	if (type == arch->slot)
		return is_slot(img, r) ? NULL : "relocation: not to a slot";
	if (arch->check_wide && type == arch->wide)
		return arch->check_wide(img, r);
	return "relocation: a type that no image has";
}

static const char *check_text(const struct vouch_image *img)
{
	const char *why = NULL;
	u64 end = 0;
	u32 i;

	for (i = 0; !why && i < img->n_relas; i++) {
		const Elf64_Rela *r = &img->relas[i];
		u32 len = vouch_image_field(img, r);

		if (r->r_offset < end ||
		    !vouch_range_ok(r->r_offset, len, img->text_len))
			return "relocation: not where it must be";
		end = r->r_offset + len;
		why = check_rela(img, r);
		if (!why)
			why = img->arch->check_field(img, r);
	}
	return why;
}

static const char *check_fault(const struct vouch_image *img, u32 i, u64 *end)
{
	const struct vouch_ex_entry *e = &img->faults[i];
	const Elf64_Rela *r = &img->fault_relas[2ul * i];
	u64 off = (u64)r[0].r_addend, behind = (u64)r[1].r_addend;

	if (e->insn || e->fixup)
		return "exception table: not an entry of images";
	if (!vouch_image_is_text(img, &r[0], 12ull * i, off) ||
	    !vouch_image_is_text(img, &r[1], 12ull * i + 4, behind))
		return "exception table: a relocation is not as it must be";
	if (off < *end || off >= img->text_len || behind <= off ||
	    behind >= img->text_len || behind - off > LONGEST)
		return "exception table: not where it must be";
	*end = behind;
	return img->arch->check_fault(img, off, behind - off,
				      le32_to_cpu(e->data));
}

static const char *check_faults(struct vouch_image *img)
{
	const char *why = NULL;
	u32 size, relas, i;
	u64 end = 0;

	img->faults = vouch_image_section(img, VOUCH_SECTION_EX_TABLE, &size);
	img->fault_relas =
		vouch_image_section(img, VOUCH_SECTION_RELA_EX_TABLE, &relas);
	img->n_faults = size / sizeof(*img->faults);
	if (size % sizeof(*img->faults) ||
	    relas != 2ull * img->n_faults * sizeof(Elf64_Rela))
		return "exception table: not two relocations for each entry";
	if (img->n_faults > img->arch->max_faults)
		return "exception table: more than images of this architecture may have";
	for (i = 0; !why && i < img->n_faults; i++)
		why = check_fault(img, i, &end);
	return why;
}

const char *vouch_image_check_relocations(struct vouch_image *img)
{
	const char *why;
	u32 size;

	img->relas = vouch_image_section(img, VOUCH_SECTION_RELA_TEXT, &size);
	img->n_relas = size / sizeof(Elf64_Rela);
	why = check_text(img);
	if (!why && img->arch->check_sites)
		why = img->arch->check_sites(img);
	return why ? why : check_faults(img);
}
