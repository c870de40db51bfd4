// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What arm64 owns of images. */

#include "image_arch.h"

/* As <elf.h> has them, and the kernel's of arm64 alone. */
#define R_PREL32 261
#define R_LD_PREL_LO19 273
#define R_CALL26 283

#define WORD 4 /* bytes of an instruction */
#define BRK_FAULT 0xd4202000u
#define BL 0x94000000u
#define LDR_LITERAL 0x58000000u
#define RT 0x1fu /* the register of a load */
/* bpf2a64[] of the JIT: R1 to R5, R0, a register of its own, R6 to R9. */
#define SLOT_REGS (0x1fu | 1u << 7 | 1u << 9 | 0xfu << 19)

static const u8 sections[] = {
	VOUCH_SECTION_NULL,	   VOUCH_SECTION_TEXT,
	VOUCH_SECTION_RELA_TEXT,   VOUCH_SECTION_PLT,
	VOUCH_SECTION_INIT_PLT,	   VOUCH_SECTION_FTRACE,
	VOUCH_SECTION_EX_TABLE,	   VOUCH_SECTION_RELA_EX_TABLE,
	VOUCH_SECTION_SLOTS,	   VOUCH_SECTION_MODINFO,
	VOUCH_SECTION_THIS_MODULE, VOUCH_SECTION_REQUIREMENTS,
	VOUCH_SECTION_RECORD,	   VOUCH_SECTION_DATA,
	VOUCH_SECTION_SYMTAB,	   VOUCH_SECTION_STRTAB,
	VOUCH_SECTION_SHSTRTAB,
};

static u32 word(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static bool may_import(const char *name)
{
	(void)name;
	return false;
}

static const char *check_function(const struct vouch_image *img, u64 end,
				  const Elf64_Sym *s)
{
	if (s->st_size % WORD)
		return "text: a function is not of whole instructions";
	for (; end < s->st_value; end += WORD)
		if (word(img->text + end) != BRK_FAULT)
			return "text: words between functions are not brk #0x100";
	return NULL;
}

static const char *check_field(const struct vouch_image *img,
			       const Elf64_Rela *r)
{
	u32 insn;

	if (r->r_offset % WORD)
		return "relocation: not where it must be";
	insn = word(img->text + r->r_offset);
	if (ELF64_R_TYPE(r->r_info) == R_CALL26)
		return insn == BL ? NULL : "relocation: not of a bl to itself";
	if ((insn & ~RT) != LDR_LITERAL || !(SLOT_REGS >> (insn & RT) & 1))
		return "relocation: not of an ldr of a program's register";
	return NULL;
}

static u32 fault_reg(u32 data)
{
	return data >> 21;
}

/* ldrb, ldrh or ldr to @reg, from [rn, #offset] or [rn, rm]. */
static bool is_load(u32 insn, u32 reg)
{
	static const struct {
		u32 mask, value;
	} loads[] = {
		{ 0xffc00000, 0x39400000 }, { 0xffc00000, 0x79400000 },
		{ 0xbfc00000, 0xb9400000 }, { 0xffe0fc00, 0x38606800 },
		{ 0xffe0fc00, 0x78606800 }, { 0xbfe0fc00, 0xb8606800 },
	};
	size_t i;

	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if ((insn & loads[i].mask) == loads[i].value)
			return (insn & RT) == reg;
	return false;
}

static const char *check_fault(const struct vouch_image *img, u64 off, u64 len,
			       u32 data)
{
	u32 reg = fault_reg(data);

	if (reg >= RT || data != VOUCH_ARM64_EX_DATA(reg))
		return "exception table: not an entry of images";
	if (len != WORD || off % WORD || !is_load(word(img->text + off), reg))
		return "exception table: an entry for what is no load";
	return NULL;
}

const struct vouch_image_arch vouch_image_arm64 = {
	.name = "arm64",
	.number = VOUCH_ARCH_ARM64,
	.machine = EM_AARCH64,
	.n_sections = sizeof(sections),
	.sections = sections,
	.max_text = VOUCH_ARM64_MAX_TEXT,
	.max_faults = VOUCH_ARM64_MAX_FAULTS,
	.call = R_CALL26,
	.slot = R_LD_PREL_LO19,
	.table = R_PREL32,
	.may_import = may_import,
	.check_function = check_function,
	.check_field = check_field,
	.check_fault = check_fault,
	.fault_reg = fault_reg,
};
