// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Images: relocations, and the tables that consist of them. */

#include "image.h"

#define JMP_REL32 0xe9
#define FIELD 4 /* bytes of a relative address */
#define WIDE_FIELD 8 /* bytes of an absolute one */

/* A table of sites while it is compared with the code. */
struct sites {
	const char *thunk;
	const char *other, *more; /* what is wrong with it */
	const Elf64_Rela *relas;
	u32 n;
	u32 next;
};

static bool is_import(const struct vouch_image *img, u32 sym, const char *name)
{
	return sym >= img->first_import &&
	       !strcmp(vouch_image_symbol(img, sym), name);
}

static bool is_text(const Elf64_Rela *r, u64 at, u64 to)
{
	return r->r_offset == at && r->r_addend == (s64)to &&
	       r->r_info == ELF64_R_INFO((u64)VOUCH_SYM_TEXT, R_X86_64_PC32);
}

/* Functions ascend. */
static bool is_function(const struct vouch_image *img, s64 at)
{
	u32 low = VOUCH_SYM_SLOTS + 1, high = img->first_import;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		s64 start = (s64)img->syms[mid].st_value;

		if (start == at)
			return true;
		if (start < at)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Only a movabs holds the address of a function. */
static const char *check_address(const struct vouch_image *img,
				 const Elf64_Rela *r)
{
	const u8 *insn;

	if (ELF64_R_SYM(r->r_info) != VOUCH_SYM_TEXT ||
	    !is_function(img, r->r_addend))
		return "relocation: not to a function";
	if (r->r_offset < 2)
		return "relocation: an address that no movabs loads";
	insn = img->text + r->r_offset - 2;
	if ((insn[0] != 0x48 && insn[0] != 0x49) || (insn[1] & 0xf8) != 0xb8)
		return "relocation: an address that no movabs loads";
	return NULL;
}

static const char *check_rela(const struct vouch_image *img,
			      const Elf64_Rela *r)
{
	u32 sym = ELF64_R_SYM(r->r_info);

	switch (ELF64_R_TYPE(r->r_info)) {
	case R_X86_64_PLT32:
		if (sym < img->first_import || sym >= img->n_syms ||
		    r->r_addend != -4)
			return "relocation: not to an import";
		return NULL;
	case R_X86_64_PC32:
		if (sym != VOUCH_SYM_SLOTS || r->r_addend < -4 ||
		    r->r_addend >= 8 * (s64)img->n_slots - 4 ||
		    (r->r_addend + 4) % 8)
			return "relocation: not to a slot";
		return NULL;
	case R_X86_64_64:
		return check_address(img, r);
	default:
		return "relocation: a type that no image has";
	}
}

/* Every jump to the thunk is a site, and the reverse. */
static const char *check_site(const struct vouch_image *img, struct sites *s,
			      const Elf64_Rela *r)
{
	if (!is_import(img, ELF64_R_SYM(r->r_info), s->thunk))
		return NULL;
	if (s->next >= s->n || r->r_offset < 1 ||
	    !is_text(&s->relas[s->next], 4ull * s->next, r->r_offset - 1) ||
	    img->text[r->r_offset - 1] != JMP_REL32)
		return s->other;
	s->next++;
	return NULL;
}

static const char *take_sites(const struct vouch_image *img, u32 section,
			      struct sites *s)
{
	u32 size, relas;
	const u8 *p = vouch_image_section(img, section, &size);

	s->relas = vouch_image_section(img, section + 1, &relas);
	s->n = relas / sizeof(Elf64_Rela);
	s->next = 0;
	if (size != 4ull * s->n || !vouch_all_zero(p, size))
		return s->other;
	return NULL;
}

static const char *check_text(struct vouch_image *img, struct sites *returns,
			      struct sites *retpolines)
{
	const char *why = NULL;
	u64 end = 0;
	u32 i;

	for (i = 0; !why && i < img->n_relas; i++) {
		const Elf64_Rela *r = &img->relas[i];
		u32 len = ELF64_R_TYPE(r->r_info) == R_X86_64_64 ? WIDE_FIELD
								 : FIELD;

		if (r->r_offset < end ||
		    !vouch_range_ok(r->r_offset, len, img->text_len))
			return "relocation: not where it must be";
		end = r->r_offset + len;
		why = check_rela(img, r);
		if (!why && !vouch_all_zero(img->text + r->r_offset, len))
			why = "relocation: its field is not zero";
		if (!why)
			why = check_site(img, returns, r);
		if (!why)
			why = check_site(img, retpolines, r);
	}
	if (!why && returns->next != returns->n)
		why = returns->more;
	if (!why && retpolines->next != retpolines->n)
		why = retpolines->more;
	return why;
}

/*
 * mov or movzx to @reg from [base + disp8] or [base + disp32], of that length
 * as a whole; without rsp and rbp as base.
 */
static bool is_load(const u8 *p, u32 len, u32 reg)
{
	u32 rex = 0, n = 0;

	if (n < len && (p[n] & 0xf0) == 0x40)
		rex = p[n++];
	if (n < len && p[n] == 0x0f) {
		n++;
		if (n == len || (p[n] != 0xb6 && p[n] != 0xb7))
			return false;
	} else if (n == len || p[n] != 0x8b) {
		return false;
	}
	n++;
	if (n == len || (p[n] & 7) == 4 || (((p[n] & 7) == 5) && !(rex & 1)))
		return false;
	if (((p[n] >> 3 & 7) | (rex & 4) << 1) != reg)
		return false;
	switch (p[n] >> 6) {
	case 1:
		return len == n + 2;
	case 2:
		return len == n + 5;
	default:
		return false;
	}
}

static const char *check_fault(const struct vouch_image *img, u32 i, u64 *end)
{
	const struct vouch_ex_entry *e = &img->faults[i];
	const Elf64_Rela *r = &img->fault_relas[2ul * i];
	u64 off = (u64)r[0].r_addend, behind = (u64)r[1].r_addend;
	u32 reg = le32_to_cpu(e->data) >> 8;

	if (e->insn || e->fixup || reg > 15 ||
	    le32_to_cpu(e->data) != VOUCH_EX_DATA(reg))
		return "exception table: not an entry of images";
	if (!is_text(&r[0], 12ull * i, off) ||
	    !is_text(&r[1], 12ull * i + 4, behind))
		return "exception table: a relocation is not as it must be";
	if (off < *end || off >= img->text_len || behind <= off ||
	    behind >= img->text_len || behind - off > 15)
		return "exception table: not where it must be";
	if (!is_load(img->text + off, (u32)(behind - off), reg))
		return "exception table: an entry for what is no load";
	*end = behind;
	return NULL;
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
	for (i = 0; !why && i < img->n_faults; i++)
		why = check_fault(img, i, &end);
	return why;
}

const char *vouch_image_check_relocations(struct vouch_image *img)
{
	struct sites returns = {
		.thunk = VOUCH_RETURN_THUNK,
		.other = "return sites: not those of the code",
		.more = "return sites: more than returns",
	};
	struct sites retpolines = {
		.thunk = VOUCH_INDIRECT_THUNK,
		.other = "retpoline sites: not those of the code",
		.more = "retpoline sites: more than retpolines",
	};
	const char *why;
	u32 size;

	img->relas = vouch_image_section(img, VOUCH_SECTION_RELA_TEXT, &size);
	img->n_relas = size / sizeof(Elf64_Rela);
	why = take_sites(img, VOUCH_SECTION_RETURN_SITES, &returns);
	if (!why)
		why = take_sites(img, VOUCH_SECTION_RETPOLINE_SITES,
				 &retpolines);
	if (why)
		return why;
	img->returns = returns.relas;
	img->n_returns = returns.n;
	img->retpolines = retpolines.relas;
	img->n_retpolines = retpolines.n;
	why = check_text(img, &returns, &retpolines);
	return why ? why : check_faults(img);
}
