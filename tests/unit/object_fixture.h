/* SPDX-License-Identifier: BSD-2-Clause */
/* The object of a fixture, made section by section. */
#ifndef VOUCH_OBJECT_FIXTURE_H
#define VOUCH_OBJECT_FIXTURE_H

#include <stddef.h>

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

/* BTF of one extern and the section that holds it. */
static inline void add_btf(struct elf *e, struct fixture_extern ext)
{
	struct extern_btf {
		struct btf_header head;
		struct btf_type type;
		u32 linkage; /* of a variable */
		struct btf_type section;
		struct btf_var_secinfo var;
		char strings[64];
	} btf = {
		.head = { .magic = BTF_MAGIC,
			  .version = 1,
			  .hdr_len = sizeof(btf.head),
			  .str_len = sizeof(btf.strings) },
		.type = { 1, ext.kind << 24, { 0 } },
		.section = { 32, BTF_KIND_DATASEC << 24 | 1, { 0 } },
		.var = { 1, 0, 0 },
	};
	const size_t section = offsetof(struct extern_btf, section);
	u32 types = offsetof(struct extern_btf, strings) -
		    offsetof(struct extern_btf, type);
	u8 *out = (u8 *)&btf;

	strcpy(btf.strings + 1, ext.name);
	strcpy(btf.strings + 32, ext.section);
	/* A function has nothing behind its type. */
	if (ext.kind == BTF_KIND_FUNC) {
		memmove(out + offsetof(struct extern_btf, linkage),
			out + section, sizeof(btf) - section);
		types -= sizeof(btf.linkage);
	}
	btf.head.str_off = types;
	btf.head.type_len = types;
	add_section(e, ".BTF",
		    (Elf64_Shdr){ .sh_type = SHT_PROGBITS, .sh_addralign = 4 },
		    out, sizeof(btf));
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
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const Elf64_Rel rel[] = {
		{ 0, ELF64_R_INFO(ext.name ? 2ull : 1ull, 1) },
		{ 5 * sizeof(insns[0]), ELF64_R_INFO(1ull, 10) },
	};
	Elf64_Sym syms[3] = {};
	u32 btf_ext[8] = { 0x0001eb9f, 32, 0, 0, 0, 0, 0, core ? 24 : 0 };
	char strings[64] = "\0counters";
	struct elf e = { .f = f, .n = 1, .names_len = 1 };

	memset(f->object, 0, sizeof(f->object));
	f->object_len = sizeof(Elf64_Ehdr);
	syms[1] = (Elf64_Sym){ 1, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
			       0, 1,
			       0, 0 };
	if (ext.name)
		strcpy(strings + 10, ext.name);
	syms[2] = (Elf64_Sym){ 10, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
			       0,  ext.name ? SHN_UNDEF : 1,
			       0,  0 };
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
	if (ext.kind)
		add_btf(&e, ext);
	finish_elf(&e);
}

#endif /* VOUCH_OBJECT_FIXTURE_H */
