// SPDX-License-Identifier: BSD-2-Clause
/* The bridge's own reader of submitted objects: constants, externs, maps. */

#include <stdlib.h>

#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>

#include "object.h"
#include "object_btf.h"
#include "object_calls.h"
#include "object_core.h"
#include "object_kconfig.h"
#include "object_maps.h"
#include "object_place.h"
#include "section.h"

#define INSN_SIZE sizeof(struct bpf_insn)
#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)
#define MAX_SECTIONS 4096u
#define SYMBOL_NAME 128

/* An object while it is read. */
struct reader {
	Elf *elf;
	size_t n_sections;
	size_t names; /* section of section names */
	Elf_Data *symbols; /* of the one .symtab, or NULL */
	size_t strings; /* section of its names */
	Elf_Data *btf; /* of .BTF, or NULL */
	struct vouch_types types; /* in it */
	const struct vouch_profile *profile; /* or NULL */
	struct vouch_types target; /* in it */
	struct vouch_object *object;
	struct vouch_refusal *why;
};

/* A section of instructions, with a mark on each relocated one. */
struct code {
	const u8 *bytes;
	size_t n_insns;
	u8 *relocated;
};

static int malformed(struct reader *r, const char *text)
{
	return vouch_refuse(r->why,
			    "object: %s; compile it anew with clang "
			    "-target bpf",
			    text);
}

static const char *section_name(struct reader *r, const GElf_Shdr *sh)
{
	const char *name = elf_strptr(r->elf, r->names, sh->sh_name);

	return name ? name : "";
}

static int check_header(struct reader *r)
{
	GElf_Ehdr eh;

	if (elf_kind(r->elf) != ELF_K_ELF || !gelf_getehdr(r->elf, &eh))
		return malformed(r, "not an ELF file");
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB || eh.e_type != ET_REL ||
	    eh.e_machine != EM_BPF)
		return malformed(r, "not a little-endian eBPF object");
	if (elf_getshdrnum(r->elf, &r->n_sections) ||
	    elf_getshdrstrndx(r->elf, &r->names) ||
	    r->n_sections > MAX_SECTIONS)
		return malformed(r, "its section headers cannot be read");
	return 0;
}

static int find_symbols(struct reader *r)
{
	GElf_Shdr sh;
	size_t i;

	for (i = 1; i < r->n_sections; i++) {
		Elf_Scn *scn = elf_getscn(r->elf, i);

		if (!scn || !gelf_getshdr(scn, &sh))
			return malformed(r, "a section cannot be read");
		if (!strcmp(section_name(r, &sh), ".BTF"))
			r->btf = elf_rawdata(scn, NULL);
		if (sh.sh_type != SHT_SYMTAB)
			continue;
		if (r->symbols)
			return malformed(r, "it has two symbol tables");
		r->symbols = elf_rawdata(scn, NULL);
		if (!r->symbols || sh.sh_entsize != sizeof(Elf64_Sym))
			return malformed(r, "its symbols cannot be read");
		r->strings = sh.sh_link;
	}
	return 0;
}

static int take_relocations(struct reader *r, Elf_Scn *scn)
{
	Elf_Data *d = elf_rawdata(scn, NULL);

	if (!d || !d->d_buf)
		return malformed(r, ".BTF.ext cannot be read");
	return vouch_object_core(r->object, &r->types, d->d_buf, d->d_size,
				 r->target.n ? &r->target : NULL, r->why);
}

static int check_symbol(struct reader *r, u32 index)
{
	const char *name;
	GElf_Sym sym;

	if (!r->symbols || !gelf_getsym(r->symbols, (int)index, &sym))
		return malformed(r, "a relocation names no symbol");
	name = elf_strptr(r->elf, r->strings, sym.st_name);
	if (sym.st_shndx == SHN_UNDEF && r->target.n &&
	    vouch_object_kconfig_has(&r->types, name ? name : ""))
		return 0;
	if (sym.st_shndx == SHN_UNDEF)
		return vouch_refuse(
			r->why,
			"object: '%.*s' is an undefined %s, which only the "
			"verifier kernel could resolve; take it out of the "
			"program",
			SYMBOL_NAME, name ? name : "",
			vouch_btf_extern_kind(r->btf ? r->btf->d_buf : NULL,
					      r->btf ? r->btf->d_size : 0,
					      name ? name : ""));
	if (sym.st_shndx >= SHN_LORESERVE)
		return malformed(r, "a relocation's symbol is in no section");
	return 0;
}

/* Marks the instructions of @code that relocation section @scn changes. */
static int mark_relocated(struct reader *r, Elf_Scn *scn, struct code *code)
{
	Elf_Data *d = elf_rawdata(scn, NULL);
	size_t i, n;
	int ret;

	if (!d || d->d_size % sizeof(Elf64_Rel))
		return malformed(r, "relocations cannot be read");
	n = d->d_size / sizeof(Elf64_Rel);
	for (i = 0; i < n; i++) {
		Elf64_Rel rel;
		u64 insn;

		memcpy(&rel, (u8 *)d->d_buf + i * sizeof(rel), sizeof(rel));
		insn = rel.r_offset / INSN_SIZE;
		if (rel.r_offset % INSN_SIZE || insn >= code->n_insns)
			return malformed(r, "a relocation is at no "
					    "instruction");
		ret = check_symbol(r, (u32)ELF64_R_SYM(rel.r_info));
		if (ret)
			return ret;
		code->relocated[insn] = 1;
	}
	return 0;
}

/* Finds the relocations of section @index. */
static int relocate(struct reader *r, size_t index, struct code *code)
{
	GElf_Shdr sh;
	size_t i;
	int ret;

	for (i = 1; i < r->n_sections; i++) {
		Elf_Scn *scn = elf_getscn(r->elf, i);

		if (!gelf_getshdr(scn, &sh) || sh.sh_info != index)
			continue;
		if (sh.sh_type == SHT_RELA)
			return malformed(r, "it has relocations of a kind that "
					    "eBPF does not use");
		if (sh.sh_type != SHT_REL)
			continue;
		ret = mark_relocated(r, scn, code);
		if (ret)
			return ret;
	}
	return 0;
}

/* The second half of an ld_imm64 is no instruction of its own. */
static void collect(struct vouch_object *o, const struct code *code)
{
	struct bpf_insn insn, next;
	size_t i;

	for (i = 0; i < code->n_insns; i++) {
		memcpy(&insn, code->bytes + i * INSN_SIZE, INSN_SIZE);
		if (insn.code != LD_IMM64) {
			if (code->relocated[i])
				continue;
			o->imm32[o->n_imm32++] = (u32)insn.imm;
			vouch_object_calls_note(o, &insn);
			continue;
		}
		if (++i == code->n_insns)
			return;
		memcpy(&next, code->bytes + i * INSN_SIZE, INSN_SIZE);
		if (code->relocated[i - 1] || insn.src_reg)
			continue;
		o->imm64[o->n_imm64++] = (u64)(u32)next.imm << 32 |
					 (u32)insn.imm;
		if (!next.imm)
			o->imm32[o->n_imm32++] = (u32)insn.imm;
	}
}

static int read_code(struct reader *r, size_t index, Elf_Scn *scn)
{
	Elf_Data *d = elf_rawdata(scn, NULL);
	struct vouch_object *o = r->object;
	struct code code = {};
	u32 *imm32;
	u64 *imm64;
	int ret;

	if (!d || d->d_size % INSN_SIZE || (d->d_size && !d->d_buf))
		return malformed(r, "a section of instructions cannot be "
				    "read");
	code.bytes = d->d_buf;
	code.n_insns = d->d_size / INSN_SIZE;
	if (!code.n_insns)
		return 0;
	imm32 = realloc(o->imm32, (o->n_imm32 + code.n_insns) * sizeof(*imm32));
	if (imm32)
		o->imm32 = imm32;
	imm64 = realloc(o->imm64, (o->n_imm64 + code.n_insns) * sizeof(*imm64));
	if (imm64)
		o->imm64 = imm64;
	code.relocated = calloc(code.n_insns, 1);
	ret = imm32 && imm64 && code.relocated ? 0 : -ENOMEM;
	if (!ret)
		ret = relocate(r, index, &code);
	if (!ret)
		collect(o, &code);
	free(code.relocated);
	return ret;
}

static int open_target(struct reader *r)
{
	size_t len = 0;
	const void *btf = r->profile ? vouch_profile_btf(r->profile, &len)
				     : NULL;
	int ret = len ? vouch_types_open(&r->target, btf, len) : 0;

	if (ret == -EINVAL)
		return vouch_refuse(r->why,
				    "target %s: the types of its profile "
				    "cannot be read; make the profile anew",
				    vouch_profile_release(r->profile));
	return ret;
}

static struct vouch_object_symbols symbols_of(const struct reader *r)
{
	return (struct vouch_object_symbols){ r->elf, r->symbols, r->strings };
}

static int open_types(struct reader *r)
{
	const struct vouch_object_symbols symbols = symbols_of(r);
	int ret;

	if (!r->btf || !r->btf->d_size)
		return 0;
	ret = vouch_types_open(&r->types, r->btf->d_buf, r->btf->d_size);
	if (ret == -EINVAL)
		return malformed(r, "its types (.BTF) cannot be read");
	if (ret)
		return ret;
	vouch_object_place_locks(&symbols, &r->types);
	return open_target(r);
}

static int read_variables(struct reader *r, Elf_Scn *scn, const GElf_Shdr *sh)
{
	const char *name = section_name(r, sh);
	Elf_Data *d;

	if (sh->sh_type == SHT_NOBITS)
		return vouch_object_maps_section(r->object, &r->types, name,
						 NULL, sh->sh_size, r->why);
	d = elf_rawdata(scn, NULL);
	if (!d || !d->d_buf)
		return malformed(r, "a section of variables cannot be read");
	return vouch_object_maps_section(r->object, &r->types, name, d->d_buf,
					 d->d_size, r->why);
}

static int read_maps(struct reader *r, const json_t *options)
{
	const struct vouch_object_symbols symbols = symbols_of(r);
	const char *name;
	json_t *value;
	int ret;

	ret = vouch_object_maps_define(r->object, &r->types, r->why);
	if (!ret && r->target.n)
		ret = vouch_object_kconfig(r->object, &r->types, r->profile,
					   r->why);
	if (ret)
		return ret;
	json_object_foreach(json_object_get(options, "set"), name, value)
		vouch_object_place(&symbols, &r->types, name);
	return vouch_object_maps_set(r->object, &r->types, options, r->why);
}

static int take_code(struct reader *r, size_t index, Elf_Scn *scn,
		     const char *name)
{
	r->object->prog_types |= 1ull << vouch_section_type(name) % 64;
	return read_code(r, index, scn);
}

static int read_sections(struct reader *r)
{
	bool seen = false;
	GElf_Shdr sh;
	size_t i;
	int ret;

	for (i = 1; i < r->n_sections; i++) {
		Elf_Scn *scn = elf_getscn(r->elf, i);

		if (!gelf_getshdr(scn, &sh))
			return malformed(r, "a section cannot be read");
		ret = 0;
		if (!strcmp(section_name(r, &sh), ".BTF.ext"))
			ret = take_relocations(r, scn);
		else if (sh.sh_type == SHT_PROGBITS &&
			 (sh.sh_flags & SHF_EXECINSTR))
			ret = take_code(r, i, scn, section_name(r, &sh));
		else if (sh.sh_size && (sh.sh_type == SHT_PROGBITS ||
					sh.sh_type == SHT_NOBITS))
			ret = read_variables(r, scn, &sh);
		if (ret)
			return ret;
		seen |= sh.sh_flags & SHF_EXECINSTR && sh.sh_size;
	}
	return seen ? 0 : malformed(r, "it has no instructions");
}

static int compare32(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int compare64(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int vouch_object_read(const void *data, size_t len, const json_t *options,
		      const struct vouch_profile *profile,
		      struct vouch_object *object, struct vouch_refusal *why)
{
	struct reader r = {
		.profile = profile,
		.object = object,
		.why = why,
	};
	void *copy;
	int ret;

	memset(object, 0, sizeof(*object));
	if (!len || len > VOUCH_OBJECT_MAX)
		return malformed(&r, "it is empty or larger than 16 MiB");
	/* libelf may write into what it is given. */
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	elf_version(EV_CURRENT);
	r.elf = elf_memory(copy, len);
	ret = r.elf ? check_header(&r) : malformed(&r, "not an ELF file");
	if (!ret)
		ret = find_symbols(&r);
	if (!ret)
		ret = open_types(&r);
	if (!ret)
		ret = read_sections(&r);
	if (!ret)
		ret = read_maps(&r, options);
	vouch_types_close(&r.types);
	vouch_types_close(&r.target);
	elf_end(r.elf);
	free(copy);
	if (ret) {
		vouch_object_release(object);
		return ret;
	}
	if (object->n_imm32)
		qsort(object->imm32, object->n_imm32, sizeof(u32), compare32);
	if (object->n_imm64)
		qsort(object->imm64, object->n_imm64, sizeof(u64), compare64);
	return 0;
}

void vouch_object_release(struct vouch_object *object)
{
	free(object->imm32);
	free(object->imm64);
	vouch_object_maps_release(object);
	memset(object, 0, sizeof(*object));
}

bool vouch_object_has32(const struct vouch_object *object, u32 value)
{
	return object->n_imm32 &&
	       bsearch(&value, object->imm32, object->n_imm32, sizeof(value),
		       compare32);
}

bool vouch_object_has64(const struct vouch_object *object, u64 value)
{
	return object->n_imm64 &&
	       bsearch(&value, object->imm64, object->n_imm64, sizeof(value),
		       compare64);
}
