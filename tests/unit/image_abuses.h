/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done to an image that nobody may sign then, and why not. */
#ifndef VOUCH_IMAGE_ABUSES_H
#define VOUCH_IMAGE_ABUSES_H

#include "sign_fixture.h"

#define EHDR(s) ((Elf64_Ehdr *)(s)->image)

static inline Elf64_Rela *rela(struct state *s, u32 i)
{
	return (Elf64_Rela *)(uintptr_t)&s->img.relas[i];
}

static inline char *section_name(struct state *s, u32 i)
{
	return (char *)section_bytes(s, VOUCH_SECTION_SHSTRTAB) +
	       SECTION(s, i)->sh_name;
}

static inline void init_section(struct state *s)
{
	memcpy(section_name(s, VOUCH_SECTION_RECORD), ".init_array", 11);
}

static inline void writable_text(struct state *s)
{
	SECTION(s, VOUCH_SECTION_TEXT)->sh_flags |= SHF_WRITE;
}

static inline void executable_data(struct state *s)
{
	SECTION(s, VOUCH_SECTION_DATA)->sh_flags = SHF_ALLOC | SHF_EXECINSTR;
}

static inline void relocated_module(struct state *s)
{
	SECTION(s, VOUCH_SECTION_RELA_TEXT)->sh_info =
		VOUCH_SECTION_THIS_MODULE;
}

static inline void fewer_sections(struct state *s)
{
	EHDR(s)->e_shnum--;
}

static inline void moved_section(struct state *s)
{
	SECTION(s, VOUCH_SECTION_MODINFO)->sh_offset += 8;
}

static inline void overlapping_section(struct state *s)
{
	SECTION(s, VOUCH_SECTION_DATA)->sh_offset =
		SECTION(s, VOUCH_SECTION_TEXT)->sh_offset;
}

static inline void section_beyond_the_end(struct state *s)
{
	SECTION(s, VOUCH_SECTION_STRTAB)->sh_size = 1ull << 40;
}

static inline void entry_point(struct state *s)
{
	EHDR(s)->e_entry = 64;
}

/* Somewhere two sections do not touch, for want of alignment. */
static inline void hidden_bytes(struct state *s)
{
	u32 i;

	for (i = 2; i < s->img.arch->n_sections; i++) {
		const Elf64_Shdr *at = &s->img.sections[i], *before = at - 1;

		if (before->sh_type == SHT_NOBITS ||
		    before->sh_offset + before->sh_size == at->sh_offset)
			continue;
		s->image[at->sh_offset - 1] = 0xcc;
		return;
	}
	fail_msg("no gap");
}

static inline void init_function(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_THIS_MODULE)[400] = 0x10;
}

static inline void early_name(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_THIS_MODULE)[8] = 'v';
}

static inline void absolute_relocation(struct state *s)
{
	rela(s, 0)->r_info = ELF64_R_INFO(2ull, R_X86_64_64);
}

static inline void relocation_beyond_slots(struct state *s)
{
	rela(s, 0)->r_addend = 8 * 1000 - 4;
}

static inline void relocation_beyond_numbers(struct state *s)
{
	rela(s, 0)->r_addend = INT64_MAX - 3;
}

static inline void relocation_between_slots(struct state *s)
{
	rela(s, 0)->r_addend = 0;
}

static inline void relocation_to_text(struct state *s)
{
	rela(s, 0)->r_info = ELF64_R_INFO(1ull, R_X86_64_PC32);
}

static inline void call_beside_an_import(struct state *s)
{
	rela(s, 1)->r_addend = 0;
}

static inline void call_of_a_function(struct state *s)
{
	rela(s, 1)->r_info = ELF64_R_INFO(3ull, R_X86_64_PLT32);
}

static inline void overlapping_relocations(struct state *s)
{
	rela(s, 1)->r_offset = rela(s, 0)->r_offset + 2;
}

static inline void relocation_outside_text(struct state *s)
{
	rela(s, s->img.n_relas - 1)->r_offset = s->img.text_len - 2;
}

static inline void lost_return_site(struct state *s)
{
	Elf64_Rela *r = (Elf64_Rela *)(uintptr_t)s->img.returns;

	r[0].r_addend += 1;
}

static inline void other_modinfo_tag(struct state *s)
{
	char *p = (char *)section_bytes(s, VOUCH_SECTION_MODINFO);

	memcpy(p, "softdep=", 8);
}

static inline void other_dependency(struct state *s)
{
	char *p = (char *)section_bytes(s, VOUCH_SECTION_MODINFO);
	u32 len = s->img.modinfo_len, i;

	for (i = 0; i + 12 < len; i++)
		if (!memcmp(p + i, "vouch_target", 12))
			p[i] = 'V';
}

static inline void other_vermagic(struct state *s)
{
	*(char *)(uintptr_t)s->img.vermagic = '5';
}

static inline void defined_import(struct state *s)
{
	Elf64_Sym *sym = (Elf64_Sym *)(uintptr_t)s->img.syms;

	sym[s->img.first_import].st_shndx = VOUCH_SECTION_TEXT;
}

static inline void exported_function(struct state *s)
{
	Elf64_Sym *sym = (Elf64_Sym *)(uintptr_t)s->img.syms;

	sym[3].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
}

static inline void shorter_function(struct state *s)
{
	Elf64_Sym *sym = (Elf64_Sym *)(uintptr_t)s->img.syms;

	sym[4].st_size -= 1;
}

static inline void program_outside_text(struct state *s)
{
	struct vouch_req_prog *p =
		(struct vouch_req_prog *)(uintptr_t)s->img.req.progs;

	p->text_len = cpu_to_le32(1 << 20);
}

static inline void slot_of_no_map(struct state *s)
{
	struct vouch_req_ref *r =
		(struct vouch_req_ref *)(uintptr_t)s->img.req.refs;

	r->map = cpu_to_le32(77);
}

static inline void slot_outside_its_map(struct state *s)
{
	struct vouch_req_ref *r =
		(struct vouch_req_ref *)(uintptr_t)s->img.req.refs;

	r[1].offset = cpu_to_le64(16);
}

static inline Elf64_Sym *symbol(struct state *s, u32 i)
{
	return (Elf64_Sym *)(uintptr_t)&s->img.syms[i];
}

static inline void executable_file(struct state *s)
{
	EHDR(s)->e_type = ET_EXEC;
}

static inline void null_section(struct state *s)
{
	SECTION(s, VOUCH_SECTION_NULL)->sh_addr = 1;
}

static inline void more_names(struct state *s)
{
	Elf64_Shdr *names = SECTION(s, VOUCH_SECTION_SHSTRTAB);

	/* The headers lie at a multiple of 8 behind it. */
	assert_int_not_equal((names->sh_offset + names->sh_size) % 8, 0);
	names->sh_size++;
}

static inline void half_a_relocation(struct state *s)
{
	SECTION(s, VOUCH_SECTION_RELA_TEXT)->sh_size -= 1;
}

static inline void other_retpoline(struct state *s)
{
	char *p = (char *)section_bytes(s, VOUCH_SECTION_MODINFO);

	p[s->img.modinfo_len - 2] = 'N';
}

static inline void foreign_requirements(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_REQUIREMENTS)[12] = 'V';
}

static inline void foreign_record(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_RECORD)[8] = 7;
}

static inline void another_slot(struct state *s)
{
	SECTION(s, VOUCH_SECTION_SLOTS)->sh_size += 8;
}

static inline void no_function(struct state *s)
{
	SECTION(s, VOUCH_SECTION_SYMTAB)->sh_info = 3;
}

static inline void null_symbol(struct state *s)
{
	symbol(s, 0)->st_value = 1;
}

static inline void sized_section_symbol(struct state *s)
{
	symbol(s, 1)->st_size = 1;
}

static inline void shared_name(struct state *s)
{
	symbol(s, 4)->st_name = symbol(s, 3)->st_name;
}

static inline void moved_function(struct state *s)
{
	symbol(s, 4)->st_value += 8;
	symbol(s, 4)->st_size -= 8;
}

static inline void bytes_between_functions(struct state *s)
{
	const Elf64_Sym *first = symbol(s, 3);

	assert_int_not_equal(first->st_size % 16, 0);
	section_bytes(s, VOUCH_SECTION_TEXT)[first->st_size] = 0x90;
}

static inline void unsorted_imports(struct state *s)
{
	static const char names[] =
		"vouch_bpf_htab_lookup_raw\0__x86_return_thunk";
	const u32 first = s->img.first_import;
	char *p = (char *)(uintptr_t)vouch_image_symbol(&s->img, first);

	assert_int_equal(s->img.n_syms, first + 2);
	memcpy(p, names, sizeof(names));
	symbol(s, first + 1)->st_name =
		symbol(s, first)->st_name + (u32)strlen(names) + 1;
}

static inline void prepared_field(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_TEXT)[rela(s, 0)->r_offset] = 1;
}

static inline void filled_return_sites(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_RETURN_SITES)[0] = 1;
}

static inline void unknown_licence(struct state *s)
{
	struct vouch_requirements *r =
		(struct vouch_requirements *)(uintptr_t)s->img.req.req;

	memset(r->license, 0, sizeof(r->license));
	strcpy(r->license, "GPL v3");
}

static const struct abuse abuses[] = {
	{ init_section, "section's name" },
	{ writable_text, "section header" },
	{ executable_data, "section header" },
	{ relocated_module, "section header" },
	{ fewer_sections, "not the sections" },
	{ moved_section, "not where it must be" },
	{ overlapping_section, "not where it must be" },
	{ section_beyond_the_end, "larger than the file" },
	{ entry_point, "ELF header" },
	{ hidden_bytes, "between sections" },
	{ init_function, "more than the name" },
	{ early_name, "an image's name" },
	{ absolute_relocation, "not to a function" },
	{ relocation_beyond_slots, "not to a slot" },
	{ relocation_beyond_numbers, "not to a slot" },
	{ relocation_between_slots, "not to a slot" },
	{ relocation_to_text, "not to a slot" },
	{ call_beside_an_import, "not to an import" },
	{ call_of_a_function, "not to an import" },
	{ overlapping_relocations, "not where it must be" },
	{ relocation_outside_text, "not where it must be" },
	{ lost_return_site, "return sites" },
	{ other_modinfo_tag, "not the tags" },
	{ other_dependency, "not the value" },
	{ other_vermagic, "differs from the requirements" },
	{ defined_import, "no import" },
	{ exported_function, "no function" },
	{ shorter_function, "belong to no function" },
	{ program_outside_text, "outside .text" },
	{ slot_of_no_map, "names no map" },
	{ slot_outside_its_map, "outside its map" },
	{ unknown_licence, "unknown licence" },
	{ executable_file, "not a relocatable file" },
	{ null_section, "null section" },
	{ more_names, "more names than sections" },
	{ half_a_relocation, "no multiple of its entries" },
	{ other_retpoline, "a tag that no image has" },
	{ foreign_requirements, "requirements: not a note" },
	{ foreign_record, "record: not a note" },
	{ another_slot, "not one for each reference" },
	{ no_function, "not the symbols of an image" },
	{ null_symbol, "null symbol" },
	{ sized_section_symbol, "section symbols" },
	{ shared_name, "a name is not where it must be" },
	{ moved_function, "a function is not where it must be" },
	{ bytes_between_functions, "not int3" },
	{ unsorted_imports, "imports are not sorted" },
	{ prepared_field, "its field is not zero" },
	{ filled_return_sites, "not those of the code" },
};

#endif /* VOUCH_IMAGE_ABUSES_H */
