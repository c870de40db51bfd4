// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The form that every image has: its sections, and how it is called. */

#include "image_arch.h"

static const struct vouch_image_arch *const archs[] = { &vouch_image_x86,
							&vouch_image_arm64 };
#define N_ARCHS (sizeof(archs) / sizeof(archs[0]))

const struct vouch_section_rule vouch_section_rules[VOUCH_N_SECTIONS] = {
	[VOUCH_SECTION_NULL] = { "", SHT_NULL, 0, 0, 0, 0, 0 },
	[VOUCH_SECTION_TEXT] = { ".text", SHT_PROGBITS,
				 SHF_ALLOC | SHF_EXECINSTR, 0, 0, 64, 0 },
	[VOUCH_SECTION_RELA_TEXT] = { ".rela.text", SHT_RELA, SHF_INFO_LINK,
				      VOUCH_SECTION_SYMTAB, VOUCH_SECTION_TEXT,
				      8, sizeof(Elf64_Rela) },
	[VOUCH_SECTION_RETURN_SITES] = { ".return_sites", SHT_PROGBITS,
					 SHF_ALLOC, 0, 0, 4, 0 },
	[VOUCH_SECTION_RELA_RETURN_SITES] = { ".rela.return_sites", SHT_RELA,
					      SHF_INFO_LINK,
					      VOUCH_SECTION_SYMTAB,
					      VOUCH_SECTION_RETURN_SITES, 8,
					      sizeof(Elf64_Rela) },
	[VOUCH_SECTION_RETPOLINE_SITES] = { ".retpoline_sites", SHT_PROGBITS,
					    SHF_ALLOC, 0, 0, 4, 0 },
	[VOUCH_SECTION_RELA_RETPOLINE_SITES] = { ".rela.retpoline_sites",
						 SHT_RELA, SHF_INFO_LINK,
						 VOUCH_SECTION_SYMTAB,
						 VOUCH_SECTION_RETPOLINE_SITES,
						 8, sizeof(Elf64_Rela) },
	[VOUCH_SECTION_PLT] = { ".plt", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR,
				0, 0, 4, 0 },
	[VOUCH_SECTION_INIT_PLT] = { ".init.plt", SHT_NOBITS,
				     SHF_ALLOC | SHF_EXECINSTR, 0, 0, 4, 0 },
	[VOUCH_SECTION_FTRACE] = { ".text.ftrace_trampoline", SHT_NOBITS,
				   SHF_ALLOC | SHF_EXECINSTR, 0, 0, 4, 0 },
	[VOUCH_SECTION_EX_TABLE] = { "__ex_table", SHT_PROGBITS, SHF_ALLOC, 0,
				     0, 4, 0 },
	[VOUCH_SECTION_RELA_EX_TABLE] = { ".rela__ex_table", SHT_RELA,
					  SHF_INFO_LINK, VOUCH_SECTION_SYMTAB,
					  VOUCH_SECTION_EX_TABLE, 8,
					  sizeof(Elf64_Rela) },
	[VOUCH_SECTION_SLOTS] = { ".data..ro_after_init", SHT_NOBITS,
				  SHF_ALLOC | SHF_WRITE, 0, 0, 8, 0 },
	[VOUCH_SECTION_MODINFO] = { ".modinfo", SHT_PROGBITS, SHF_ALLOC, 0, 0,
				    1, 0 },
	[VOUCH_SECTION_THIS_MODULE] = { ".gnu.linkonce.this_module",
					SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0,
					0, 64, 0 },
	[VOUCH_SECTION_REQUIREMENTS] = { ".note.vouch.requirements", SHT_NOTE,
					 0, 0, 0, 8, 0 },
	[VOUCH_SECTION_RECORD] = { ".note.vouch.record", SHT_NOTE, 0, 0, 0, 8,
				   0 },
	[VOUCH_SECTION_DATA] = { ".vouch.data", SHT_PROGBITS, 0, 0, 0, 8, 0 },
	[VOUCH_SECTION_SYMTAB] = { ".symtab", SHT_SYMTAB, 0,
				   VOUCH_SECTION_STRTAB, 0, 8,
				   sizeof(Elf64_Sym) },
	[VOUCH_SECTION_STRTAB] = { ".strtab", SHT_STRTAB, 0, 0, 0, 1, 0 },
	[VOUCH_SECTION_SHSTRTAB] = { ".shstrtab", SHT_STRTAB, 0, 0, 0, 1, 0 },
};

const struct vouch_image_arch *vouch_image_arch_of(u32 number)
{
	size_t i;

	for (i = 0; i < N_ARCHS; i++)
		if (archs[i]->number == number)
			return archs[i];
	return NULL;
}

const struct vouch_image_arch *vouch_image_arch_by_machine(u16 machine)
{
	size_t i;

	for (i = 0; i < N_ARCHS; i++)
		if (archs[i]->machine == machine)
			return archs[i];
	return NULL;
}

u32 vouch_image_place(const struct vouch_image_arch *arch, u32 section)
{
	u32 i;

	for (i = 0; i < arch->n_sections; i++)
		if (arch->sections[i] == section)
			return i;
	return 0;
}

static bool is_hex(const char *s, size_t n)
{
	while (n--) {
		if (!((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'f')))
			return false;
		s++;
	}
	return true;
}

bool vouch_image_name_ok(const char *s, size_t size)
{
	const size_t n = sizeof(VOUCH_IMAGE_PREFIX) - 1;

	return size > VOUCH_IMAGE_NAME_LEN &&
	       !memcmp(s, VOUCH_IMAGE_PREFIX, n) &&
	       is_hex(s + n, VOUCH_IMAGE_DIGITS) && !s[VOUCH_IMAGE_NAME_LEN];
}
