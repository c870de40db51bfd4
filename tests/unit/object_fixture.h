/* SPDX-License-Identifier: BSD-2-Clause */
/* The object of a fixture, made section by section. */
#ifndef VOUCH_OBJECT_FIXTURE_H
#define VOUCH_OBJECT_FIXTURE_H

#include <stddef.h>

#include "btf_text.h"
#include "fixture.h"

/* What an object consists of, in the order of its sections. */
struct elf {
	struct fixture *f;
	Elf64_Shdr sh[10];
	u32 n;
	char names[128];
	u32 names_len;
};

static inline void add_section(struct elf *e, const char *name, Elf64_Shdr sh,
			       const void *data, size_t len)
{
	struct fixture *f = e->f;

	f->object_len = (f->object_len + 7) & ~7ul;
	assert_true(f->object_len + len <= sizeof(f->object));
	memcpy(f->object + f->object_len, data, len);
	sh.sh_name = e->names_len;
	sh.sh_offset = f->object_len;
	sh.sh_size = len;
	strcpy(e->names + e->names_len, name);
	e->names_len += strlen(name) + 1;
	e->sh[e->n++] = sh;
	f->object_len += len;
}

static inline void finish_elf(struct elf *e)
{
	struct fixture *f = e->f;
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_REL,
		.e_machine = EM_BPF,
		.e_version = 1,
		.e_ehsize = sizeof(eh),
		.e_shentsize = sizeof(Elf64_Shdr),
	};
	char names[sizeof(e->names)];

	memcpy(names, e->names, sizeof(names));
	add_section(e, ".shstrtab",
		    (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_addralign = 1 },
		    e->names, sizeof(names));
	memcpy(f->object + e->sh[e->n - 1].sh_offset, e->names,
	       sizeof(e->names));
	f->object_len = (f->object_len + 7) & ~7ul;
	eh.e_shoff = f->object_len;
	eh.e_shnum = (u16)e->n;
	eh.e_shstrndx = (u16)(e->n - 1);
	memcpy(f->object + f->object_len, e->sh, e->n * sizeof(e->sh[0]));
	f->object_len += e->n * sizeof(e->sh[0]);
	memcpy(f->object, &eh, sizeof(eh));
}

static inline u32 btf_variable(struct btf_text *b, const char *name, u32 type,
			       u32 linkage)
{
	return btf_add(b, name, BTF_KIND_VAR << 24, type, &linkage,
		       sizeof(linkage));
}

static inline void btf_section(struct btf_text *b, const char *name,
			       const struct btf_var_secinfo *vars, u32 n)
{
	btf_add(b, name, BTF_KIND_DATASEC << 24 | n, 0, vars,
		n * sizeof(*vars));
}

/* A number in a map's definition: a pointer to an array of that length. */
static inline u32 btf_number(struct btf_text *b, u32 n)
{
	const struct btf_array array = { 1, 1, n };
	u32 id = btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &array, sizeof(array));

	return btf_add(b, "", BTF_KIND_PTR << 24, id, NULL, 0);
}

/* What make_maps() says of "counters". */
static inline void btf_map(const struct fixture *f, struct btf_text *b)
{
	const bool progs = f->object_calls_tail;
	const struct {
		const char *name;
		u32 n;
	} rows[] = { { "type",
		       progs ? BPF_MAP_TYPE_PROG_ARRAY : BPF_MAP_TYPE_HASH },
		     { "key_size", 4 },
		     { "max_entries", 1000 } };
	struct btf_member m[4] = {};
	u32 i, word, def;

	for (i = 0; i < 3; i++) {
		m[i].type = btf_number(b, rows[i].n);
		m[i].name_off = btf_string(b, rows[i].name);
		m[i].offset = i * 64;
	}
	word = BTF_INT_SIGNED << 24 | 64;
	word = btf_add(b, "long", BTF_KIND_INT << 24, 8, &word, sizeof(word));
	m[3].type = btf_add(b, "", BTF_KIND_PTR << 24, word, NULL, 0);
	m[3].name_off = btf_string(b, progs ? "values" : "value");
	m[3].offset = 3 * 64;
	def = btf_add(b, "", BTF_KIND_STRUCT << 24 | 4, 32, m, sizeof(m));
	btf_section(b, ".maps",
		    &(struct btf_var_secinfo){
			    btf_variable(b, "counters", def,
					 BTF_VAR_GLOBAL_ALLOCATED),
			    0, 32 },
		    1);
}

/* The variables of .data; symbols say where they lie. */
static inline void btf_variables(struct btf_text *b)
{
	const u32 letter = 8, unit = BTF_INT_BOOL << 24 | 8;
	const struct btf_array letters = { btf_add(b, "char",
						   BTF_KIND_INT << 24, 1,
						   &letter, sizeof(letter)),
					   1, 8 };
	const struct btf_enum way[] = { { btf_string(b, "UP"), 1 },
					{ btf_string(b, "DOWN"), -1 } };
	u32 text = btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &letters,
			   sizeof(letters));
	u32 flag =
		btf_add(b, "bool", BTF_KIND_INT << 24, 1, &unit, sizeof(unit));
	u32 both =
		btf_add(b, "way", BTF_KIND_ENUM << 24 | 2, 2, way, sizeof(way));
	const struct btf_var_secinfo vars[] = {
		{ btf_variable(b, "greeting", text, BTF_VAR_GLOBAL_ALLOCATED),
		  0, 8 },
		{ btf_variable(b, "limit", 1, BTF_VAR_GLOBAL_ALLOCATED), 0, 4 },
		{ btf_variable(b, "way", both, BTF_VAR_STATIC), 12, 2 },
		{ btf_variable(b, "flag", flag, BTF_VAR_STATIC), 14, 1 },
	};

	btf_section(b, ".data", vars, 4);
}

static inline void btf_extern(struct btf_text *b, struct fixture_extern ext)
{
	u32 id, linkage = 0;

	id = btf_add(b, ext.name, ext.kind << 24, 1, &linkage,
		     ext.kind == BTF_KIND_FUNC ? 0 : sizeof(linkage));
	btf_section(b, ext.section, &(struct btf_var_secinfo){ id, 0, 0 }, 1);
}

/* BTF of the fixture's map and variables, and of one extern. */
static inline void add_btf(struct elf *e, struct fixture_extern ext)
{
	const u32 number = 32;
	struct btf_text b = { .strings_len = 1 };
	u8 out[BTF_TEXT_MAX];

	btf_add(&b, "unsigned int", BTF_KIND_INT << 24, 4, &number,
		sizeof(number));
	btf_map(e->f, &b);
	btf_variables(&b);
	if (ext.kind)
		btf_extern(&b, ext);
	add_section(e, ".BTF",
		    (Elf64_Shdr){ .sh_type = SHT_PROGBITS, .sh_addralign = 4 },
		    out, btf_write(&b, out));
}

/* Takes map and variables out of the object; their names are no names then. */
static inline void fixture_strip(struct fixture *f)
{
	static const char *const names[] = { ".BTF", ".data" };
	size_t i, n;

	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		for (i = 0; i + strlen(names[n]) < f->object_len; i++)
			if (!strcmp((char *)f->object + i, names[n]))
				f->object[i] = '-';
}

/* The object anew, with an undefined symbol or CO-RE relocations. */
static inline void fixture_object(struct fixture *f, struct fixture_extern ext,
				  bool core)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW, /* | BPF_IMM, also 0 */
		  .dst_reg = 1,
		  .imm = FIXTURE_RELOCATED },
		{ .imm = FIXTURE_RELOCATED },
		{ .code = BPF_LD | BPF_DW, /* | BPF_IMM, also 0 */
		  .dst_reg = 2,
		  .imm = (s32)(u32)FIXTURE_CONST },
		{ .imm = (s32)(FIXTURE_CONST >> 32) },
		{ .code = BPF_ALU64 | BPF_MOV, .imm = FIXTURE_CONST32 },
		{ .code = BPF_JMP | BPF_CALL,
		  .src_reg = BPF_PSEUDO_CALL,
		  .imm = FIXTURE_RELOCATED },
		{ .code = BPF_JMP | BPF_CALL,
		  .imm = f->object_calls_tail ? BPF_FUNC_tail_call
					      : BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const Elf64_Rel rel[] = {
		{ 0, ELF64_R_INFO(ext.name ? 2ull : 1ull, 1) },
		{ 5 * sizeof(insns[0]), ELF64_R_INFO(1ull, 10) },
	};
	Elf64_Sym syms[5] = {};
	u32 btf_ext[8] = { 0x0001eb9f, 32, 0, 0, 0, 0, 0, core ? 24 : 0 };
	char strings[64] = "\0counters\0greeting\0limit";
	struct elf e = { .f = f, .n = 1, .names_len = 1 };

	memset(f->object, 0, sizeof(f->object));
	f->object_len = sizeof(Elf64_Ehdr);
	syms[1] = (Elf64_Sym){ 1, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
			       0, 1,
			       0, 0 };
	if (ext.name)
		strcpy(strings + 25, ext.name);
	syms[2] = (Elf64_Sym){ 25, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
			       0,  ext.name ? SHN_UNDEF : 1,
			       0,  0 };
	syms[3] = (Elf64_Sym){ 10, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
			       0,  6,
			       0,  8 };
	syms[4] = (Elf64_Sym){ 19, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
			       0,  6,
			       8,  4 };
	add_section(&e, "xdp",
		    (Elf64_Shdr){ .sh_type = SHT_PROGBITS,
				  .sh_addralign = 8,
				  .sh_flags = SHF_ALLOC | SHF_EXECINSTR },
		    insns, sizeof(insns));
	add_section(&e, ".relxdp",
		    (Elf64_Shdr){ .sh_type = SHT_REL,
				  .sh_link = 3,
				  .sh_info = 1,
				  .sh_entsize = sizeof(rel[0]),
				  .sh_addralign = 8 },
		    rel, sizeof(rel));
	add_section(&e, ".symtab",
		    (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
				  .sh_link = 4,
				  .sh_info = 1,
				  .sh_addralign = 8,
				  .sh_entsize = sizeof(syms[0]) },
		    syms, sizeof(syms));
	add_section(&e, ".strtab",
		    (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_addralign = 1 },
		    strings, sizeof(strings));
	add_section(&e, ".BTF.ext",
		    (Elf64_Shdr){ .sh_type = SHT_PROGBITS, .sh_addralign = 4 },
		    btf_ext, sizeof(btf_ext));
	add_section(&e, ".data",
		    (Elf64_Shdr){ .sh_type = SHT_PROGBITS,
				  .sh_addralign = 4,
				  .sh_flags = SHF_ALLOC | SHF_WRITE },
		    FIXTURE_DATA, sizeof(FIXTURE_DATA) - 1);
	add_btf(&e, ext);
	finish_elf(&e);
}

#endif /* VOUCH_OBJECT_FIXTURE_H */
