// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What x86-64 owns of images. */

#include "image_arch.h"

/* As <elf.h> has them, and the kernel's of x86-64 alone. */
#define R_64 1
#define R_PC32 2
#define R_PLT32 4

#define INT3 0xcc
#define JMP_REL32 0xe9

static const u8 sections[] = {
	VOUCH_SECTION_NULL,
	VOUCH_SECTION_TEXT,
	VOUCH_SECTION_RELA_TEXT,
	VOUCH_SECTION_RETURN_SITES,
	VOUCH_SECTION_RELA_RETURN_SITES,
	VOUCH_SECTION_RETPOLINE_SITES,
	VOUCH_SECTION_RELA_RETPOLINE_SITES,
	VOUCH_SECTION_EX_TABLE,
	VOUCH_SECTION_RELA_EX_TABLE,
	VOUCH_SECTION_SLOTS,
	VOUCH_SECTION_MODINFO,
	VOUCH_SECTION_THIS_MODULE,
	VOUCH_SECTION_REQUIREMENTS,
	VOUCH_SECTION_RECORD,
	VOUCH_SECTION_DATA,
	VOUCH_SECTION_SYMTAB,
	VOUCH_SECTION_STRTAB,
	VOUCH_SECTION_SHSTRTAB,
};

static bool may_import(const char *name)
{
	return !strcmp(name, VOUCH_RETURN_THUNK) ||
	       !strcmp(name, VOUCH_INDIRECT_THUNK);
}

static const char *check_function(const struct vouch_image *img, u64 end,
				  const Elf64_Sym *s)
{
	for (; end < s->st_value; end++)
		if (img->text[end] != INT3)
			return "text: bytes between functions are not int3";
	return NULL;
}

static const char *check_field(const struct vouch_image *img,
			       const Elf64_Rela *r)
{
	if (!vouch_all_zero(img->text + r->r_offset, vouch_image_field(img, r)))
		return "relocation: its field is not zero";
	return NULL;
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

/* Every jump to the thunk is a site, and the reverse. */
static const char *check_site(const struct vouch_image *img, struct sites *s,
			      const Elf64_Rela *r)
{
	if (!is_import(img, ELF64_R_SYM(r->r_info), s->thunk))
		return NULL;
	if (s->next >= s->n || r->r_offset < 1 ||
	    !vouch_image_is_text(img, &s->relas[s->next], 4ull * s->next,
				 r->r_offset - 1) ||
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

static const char *compare_sites(const struct vouch_image *img,
				 struct sites *returns,
				 struct sites *retpolines)
{
	const char *why = NULL;
	u32 i;

	for (i = 0; !why && i < img->n_relas; i++) {
		why = check_site(img, returns, &img->relas[i]);
		if (!why)
			why = check_site(img, retpolines, &img->relas[i]);
	}
	if (!why && returns->next != returns->n)
		why = returns->more;
	if (!why && retpolines->next != retpolines->n)
		why = retpolines->more;
	return why;
}

static const char *check_sites(struct vouch_image *img)
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
	return compare_sites(img, &returns, &retpolines);
}

static u32 fault_reg(u32 data)
{
	return data >> 8;
}

/*
 * mov or movzx to @reg from [base + disp8] or [base + disp32], of that length
 * as a whole; without rsp and rbp as base.
 */
static bool is_load(const u8 *p, u64 len, u32 reg)
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

static const char *check_fault(const struct vouch_image *img, u64 off, u64 len,
			       u32 data)
{
	u32 reg = fault_reg(data);

	if (reg > 15 || data != VOUCH_X86_EX_DATA(reg))
		return "exception table: not an entry of images";
	if (!is_load(img->text + off, len, reg))
		return "exception table: an entry for what is no load";
	return NULL;
}

const struct vouch_image_arch vouch_image_x86 = {
	.name = "x86_64",
	.number = VOUCH_ARCH_X86_64,
	.machine = EM_X86_64,
	.n_sections = sizeof(sections),
	.sections = sections,
	.max_text = 32u << 20,
	.max_faults = VOUCH_IMAGE_MAX,
	.thunks = true,
	.call = R_PLT32,
	.slot = R_PC32,
	.table = R_PC32,
	.wide = R_64,
	.addend = -4,
	.may_import = may_import,
	.check_function = check_function,
	.check_field = check_field,
	.check_wide = check_address,
	.check_sites = check_sites,
	.check_fault = check_fault,
	.fault_reg = fault_reg,
};
