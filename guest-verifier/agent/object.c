// SPDX-License-Identifier: BSD-2-Clause
/* Reading an object's sections. */

#include <gelf.h>
#include <linux/bpf.h>

#include "object.h"

#define EM_BPF_NUMBER 247

static const char *take_license(struct vouch_object *object,
				const struct vouch_section_data *s)
{
	size_t n = strnlen((const char *)s->data, s->size);

	if (n == s->size || n >= sizeof(object->license))
		return "object: the license is too long";
	memcpy(object->license, s->data, n);
	if (!vouch_text_ok(object->license, sizeof(object->license)))
		return "object: the license is no text";
	return NULL;
}

/* A section's bytes, which may be none. */
static const char *find_data(const struct vouch_object *object,
			     const GElf_Shdr *sh, struct vouch_section_data *s)
{
	memset(s, 0, sizeof(*s));
	if (sh->sh_type == SHT_NOBITS || !sh->sh_size)
		return NULL;
	if (!vouch_range_ok(sh->sh_offset, sh->sh_size, object->size))
		return "object: a section lies outside the file";
	s->data = (const u8 *)object->data + sh->sh_offset;
	s->size = sh->sh_size;
	return NULL;
}

static const char *take_symbols(struct vouch_object *object, Elf *elf,
				const GElf_Shdr *sh,
				const struct vouch_section_data *s)
{
	GElf_Shdr names;

	object->symbols = *s;
	if (!gelf_getshdr(elf_getscn(elf, sh->sh_link), &names))
		return "object: symbols without names";
	return find_data(object, &names, &object->names);
}

static const char *take_section(struct vouch_object *object, Elf *elf,
				Elf_Scn *scn, size_t names)
{
	struct vouch_section_data s;
	const char *name, *why;
	GElf_Shdr sh;

	if (!gelf_getshdr(scn, &sh))
		return "object: a section header cannot be read";
	name = elf_strptr(elf, names, sh.sh_name);
	if (!name)
		return "object: a section has no name";
	why = find_data(object, &sh, &s);
	if (why || !s.data)
		return why;
	if (sh.sh_type == SHT_SYMTAB)
		return take_symbols(object, elf, &sh, &s);
	if (sh.sh_type == SHT_PROGBITS && sh.sh_flags & SHF_EXECINSTR)
		object->n_insns += s.size / sizeof(struct bpf_insn);
	if (!strcmp(name, "license"))
		return take_license(object, &s);
	if (!strcmp(name, ".BTF"))
		object->btf = s;
	if (!strcmp(name, ".BTF.ext"))
		object->btf_ext = s;
	return NULL;
}

static const char *read_elf(struct vouch_object *object, Elf *elf)
{
	const char *why = NULL;
	Elf_Scn *scn = NULL;
	GElf_Ehdr eh;
	size_t names;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh))
		return "object: not an ELF file";
	if (eh.e_machine != EM_BPF_NUMBER || eh.e_type != ET_REL ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return "object: not a little-endian eBPF object; compile with clang -target bpf";
	if (elf_getshdrstrndx(elf, &names))
		return "object: no section names";
	while (!why && (scn = elf_nextscn(elf, scn)))
		why = take_section(object, elf, scn, names);
	if (!why && !object->n_insns)
		why = "object: no program";
	return why;
}

int vouch_object_read(const void *data, size_t size,
		      struct vouch_object *object, const char **why)
{
	Elf *elf;

	memset(object, 0, sizeof(*object));
	object->data = data;
	object->size = size;
	if (!size || size > VOUCH_MAX_OBJECT) {
		*why = "object: empty, or larger than 16 MiB";
		return -EINVAL;
	}
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)data, size);
	*why = elf ? read_elf(object, elf) : "object: not an ELF file";
	elf_end(elf);
	return *why ? -EINVAL : 0;
}

static bool is_called(const struct vouch_object *object, const Elf64_Sym *sym,
		      const char *name)
{
	size_t len = strlen(name) + 1;

	return vouch_range_ok(sym->st_name, len, object->names.size) &&
	       !memcmp(object->names.data + sym->st_name, name, len);
}

bool vouch_object_is_weak(const struct vouch_object *object, const char *name)
{
	Elf64_Sym sym;
	size_t i;

	for (i = 0; i < object->symbols.size / sizeof(sym); i++) {
		memcpy(&sym, object->symbols.data + i * sizeof(sym),
		       sizeof(sym));
		if (sym.st_shndx == SHN_UNDEF && is_called(object, &sym, name))
			return ELF64_ST_BIND(sym.st_info) == STB_WEAK;
	}
	return false;
}
