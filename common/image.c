// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The one parser of images: the signer's closed list and the target's
 * admission compile this file unchanged.
 */

#include "image_arch.h"

#define SECTION_HEADER_ALIGN 8
#define MIN_MODULE_SIZE 128u
#define MAX_MODULE_SIZE 16384u

#define N_SECTION_SYMS 3 /* null, .text, slots */

static const char *check_header(struct vouch_image *img, size_t len)
{
	const Elf64_Ehdr *e = (const void *)img->file;
	static const u8 ident[EI_NIDENT] = {
		[EI_MAG0] = ELFMAG0,	   [EI_MAG1] = ELFMAG1,
		[EI_MAG2] = ELFMAG2,	   [EI_MAG3] = ELFMAG3,
		[EI_CLASS] = ELFCLASS64,   [EI_DATA] = ELFDATA2LSB,
		[EI_VERSION] = EV_CURRENT,
	};

	if (memcmp(e->e_ident, ident, sizeof(ident)))
		return "image: not a 64-bit little-endian ELF file";
	if (e->e_type != ET_REL || e->e_version != 1)
		return "image: not a relocatable file";
	img->arch = vouch_image_arch_by_machine(e->e_machine);
	if (!img->arch)
		return "image: of another architecture";
	if (e->e_entry || e->e_phoff || e->e_flags || e->e_phentsize ||
	    e->e_phnum || e->e_ehsize != sizeof(*e) ||
	    e->e_shentsize != sizeof(Elf64_Shdr))
		return "image: the ELF header holds what no image has";
	if (e->e_shnum != img->arch->n_sections ||
	    e->e_shstrndx !=
		    vouch_image_place(img->arch, VOUCH_SECTION_SHSTRTAB))
		return "image: not the sections of an image";
	if (e->e_shoff % SECTION_HEADER_ALIGN || e->e_shoff > len ||
	    len - e->e_shoff != e->e_shnum * sizeof(Elf64_Shdr))
		return "image: section headers are not at the end";
	return NULL;
}

/* The section at place @i starts at the next aligned offset behind @end. */
static const char *check_section(const struct vouch_image *img,
				 const Elf64_Shdr *s, u32 i, u64 *end,
				 u64 limit)
{
	const u32 section = img->arch->sections[i];
	const struct vouch_section_rule *rule = &vouch_section_rules[section];
	u64 off = (*end + rule->align - 1) & ~(rule->align - 1);

	if (s->sh_type != rule->type || s->sh_flags != rule->flags ||
	    s->sh_addr || s->sh_addralign != rule->align ||
	    s->sh_entsize != rule->entsize ||
	    s->sh_link != vouch_image_place(img->arch, rule->link))
		return "image: a section header is not as it must be";
	if (section != VOUCH_SECTION_SYMTAB &&
	    s->sh_info != vouch_image_place(img->arch, rule->info))
		return "image: a section header is not as it must be";
	if (rule->entsize && s->sh_size % rule->entsize)
		return "image: a section's size is no multiple of its entries";
	if (s->sh_offset != off || off > limit)
		return "image: a section is not where it must be";
	if (!vouch_all_zero(img->file + *end, off - *end))
		return "image: bytes between sections are not zero";
	if (rule->type == SHT_NOBITS) {
		*end = off;
		/* The size of these is the loader's. */
		if ((rule->flags & SHF_EXECINSTR) && s->sh_size)
			return "image: a section of the loader's is not empty";
		return NULL;
	}
	if (s->sh_size > limit - off)
		return "image: a section is larger than the file";
	*end = off + s->sh_size;
	return NULL;
}

static const char *check_section_names(const struct vouch_image *img)
{
	const Elf64_Shdr *s = img->sections;
	u64 pos = 0;
	u32 size, i;
	const char *names =
		vouch_image_section(img, VOUCH_SECTION_SHSTRTAB, &size);

	for (i = 0; i < img->arch->n_sections; i++) {
		const char *name =
			vouch_section_rules[img->arch->sections[i]].name;
		size_t n = strlen(name) + 1;

		if (s[i].sh_name != pos || n > size - pos ||
		    memcmp(names + pos, name, n))
			return "image: a section's name is not as it must be";
		pos += n;
	}
	return pos == size ? NULL : "image: more names than sections";
}

static const char *check_sections(struct vouch_image *img)
{
	const Elf64_Ehdr *e = (const void *)img->file;
	const Elf64_Shdr *s = (const void *)(img->file + e->e_shoff);
	u64 end = sizeof(*e);
	const char *why;
	u32 i;

	if (!vouch_all_zero(&s[0], sizeof(s[0])))
		return "image: the null section is not zero";
	for (i = 1; i < img->arch->n_sections; i++) {
		why = check_section(img, &s[i], i, &end, e->e_shoff);
		if (why)
			return why;
	}
	if (e->e_shoff - end >= SECTION_HEADER_ALIGN ||
	    !vouch_all_zero(img->file + end, e->e_shoff - end))
		return "image: bytes before the section headers";
	img->sections = s;
	return check_section_names(img);
}

const Elf64_Shdr *vouch_image_header(const struct vouch_image *img, u32 i)
{
	return &img->sections[vouch_image_place(img->arch, i)];
}

const void *vouch_image_section(const struct vouch_image *img, u32 i, u32 *size)
{
	const Elf64_Shdr *s = vouch_image_header(img, i);

	*size = (u32)s->sh_size;
	return img->file + s->sh_offset;
}

/* One tag "key=value" at @p; returns what follows it. */
static const char *tag(const char *p, const char *end, const char *key,
		       const char **value)
{
	size_t n = strlen(key);
	const char *nul;

	if ((size_t)(end - p) <= n || memcmp(p, key, n))
		return NULL;
	nul = p + strnlen(p, end - p);
	if (nul == end)
		return NULL;
	*value = p + n;
	return nul + 1;
}

static const char *check_modinfo(struct vouch_image *img)
{
	const char *license, *name, *depends, *ns, *retpoline;
	const char *p, *end;

	p = vouch_image_section(img, VOUCH_SECTION_MODINFO, &img->modinfo_len);
	img->modinfo = p;
	end = p + img->modinfo_len;
	if (!(p = tag(p, end, "license=", &license)) ||
	    !(p = tag(p, end, "vermagic=", &img->vermagic)) ||
	    !(p = tag(p, end, "name=", &name)) ||
	    !(p = tag(p, end, "depends=", &depends)) ||
	    !(p = tag(p, end, "import_ns=", &ns)))
		return "modinfo: not the tags of an image";
	if (p != end) {
		p = tag(p, end, "retpoline=", &retpoline);
		if (p != end || strcmp(retpoline, "Y") || !img->arch->thunks)
			return "modinfo: a tag that no image has";
		img->retpoline = true;
	}
	if (!vouch_image_name_ok(name, end - name) ||
	    strcmp(depends, VOUCH_IMAGE_DEPENDS) ||
	    strcmp(ns, VOUCH_IMAGE_NAMESPACE))
		return "modinfo: a tag has not the value of an image";
	if (strcmp(name, img->name))
		return "modinfo: not the name in this_module";
	if (strncmp(license, img->req.req->license,
		    sizeof(img->req.req->license)) ||
	    strncmp(img->vermagic, img->req.req->vermagic,
		    sizeof(img->req.req->vermagic)))
		return "modinfo: differs from the requirements";
	img->volatiles[0].off =
		name + sizeof(VOUCH_IMAGE_PREFIX) - 1 - (char *)img->file;
	img->volatiles[0].len = VOUCH_IMAGE_DIGITS;
	return NULL;
}

static const char *check_this_module(struct vouch_image *img)
{
	const u8 *m = vouch_image_section(img, VOUCH_SECTION_THIS_MODULE,
					  &img->module_size);
	u32 off = 0;

	if (img->module_size < MIN_MODULE_SIZE ||
	    img->module_size > MAX_MODULE_SIZE)
		return "this_module: size out of range";
	while (off < img->module_size && !m[off])
		off++;
	if (!vouch_image_name_ok((const char *)m + off, img->module_size - off))
		return "this_module: does not hold an image's name";
	if (!vouch_all_zero(m + off + VOUCH_IMAGE_NAME_LEN,
			    img->module_size - off - VOUCH_IMAGE_NAME_LEN))
		return "this_module: holds more than the name";
	img->name = (const char *)m + off;
	img->name_off = off;
	img->volatiles[1].off =
		m + off + sizeof(VOUCH_IMAGE_PREFIX) - 1 - img->file;
	img->volatiles[1].len = VOUCH_IMAGE_DIGITS;
	return NULL;
}

/* Returns the descriptor, or NULL if the section is not one proper note. */
static const u8 *note(const struct vouch_image *img, u32 i, u32 type,
		      u32 *desc_len)
{
	u32 size;
	const u8 *p = vouch_image_section(img, i, &size);
	const Elf64_Nhdr *n = (const void *)p;
	static const char owner[VOUCH_NOTE_DESC_OFF - sizeof(*n)] =
		VOUCH_NOTE_OWNER;

	if (size < VOUCH_NOTE_DESC_OFF ||
	    n->n_namesz != sizeof(VOUCH_NOTE_OWNER) || n->n_type != type ||
	    memcmp(n + 1, owner, sizeof(owner)))
		return NULL;
	*desc_len = n->n_descsz;
	if ((size & 7) || *desc_len > size - VOUCH_NOTE_DESC_OFF ||
	    size - VOUCH_NOTE_DESC_OFF - *desc_len > 7 ||
	    !vouch_all_zero(p + VOUCH_NOTE_DESC_OFF + *desc_len,
			    size - VOUCH_NOTE_DESC_OFF - *desc_len))
		return NULL;
	return p + VOUCH_NOTE_DESC_OFF;
}

static const char *check_notes(struct vouch_image *img)
{
	const struct vouch_requirements *req;
	const char *why = NULL;
	const u8 *desc;
	u32 len;

	img->text =
		vouch_image_section(img, VOUCH_SECTION_TEXT, &img->text_len);
	if (img->text_len > img->arch->max_text)
		return "text: more code than images of this architecture may have";
	img->data =
		vouch_image_section(img, VOUCH_SECTION_DATA, &img->data_len);
	desc = note(img, VOUCH_SECTION_REQUIREMENTS, VOUCH_NOTE_REQUIREMENTS,
		    &len);
	if (!desc)
		return "requirements: not a note of vouch";
	if (vouch_requirements_parse(desc, len, img->text_len, img->data_len,
				     &img->req, &why))
		return why;
	req = img->req.req;
	if (le32_to_cpu(req->arch) != img->arch->number)
		return "requirements: of another architecture than the code";
	img->volatiles[2].off = req->content - img->file;
	img->volatiles[2].len = sizeof(req->content);

	desc = note(img, VOUCH_SECTION_RECORD, VOUCH_NOTE_RECORD, &len);
	if (!desc)
		return "record: not a note of vouch";
	if (vouch_record_parse(desc, len, &img->record, &why))
		return why;
	img->volatiles[3].off = desc - img->file;
	img->volatiles[3].len = len;

	if (vouch_image_header(img, VOUCH_SECTION_SLOTS)->sh_size !=
	    8ull * img->req.n_refs)
		return "slots: not one for each reference";
	img->n_slots = img->req.n_refs;
	return NULL;
}

/* The next name in .strtab must be this symbol's. */
static const char *next_name(const struct vouch_image *img, u32 size,
			     const Elf64_Sym *s, u32 *pos)
{
	const char *name = img->strtab + *pos;
	size_t n;

	if (s->st_name != *pos || *pos >= size)
		return NULL;
	n = strnlen(name, size - *pos);
	if (!n || n == size - *pos || n >= 256)
		return NULL;
	if (!vouch_text_ok(name, n + 1) || strchr(name, ' '))
		return NULL;
	*pos += n + 1;
	return name;
}

static const char *check_section_sym(const struct vouch_image *img, u32 sym,
				     u32 section)
{
	const Elf64_Sym *s = &img->syms[sym];

	if (s->st_name || s->st_info != ELF64_ST_INFO(STB_LOCAL, STT_SECTION) ||
	    s->st_other ||
	    s->st_shndx != vouch_image_place(img->arch, section) ||
	    s->st_value || s->st_size)
		return "symtab: section symbols are not as they must be";
	return NULL;
}

/* Functions lie in .text one behind the other. */
static const char *check_func_sym(const struct vouch_image *img,
				  const Elf64_Sym *s, u64 *end)
{
	const char *why;

	if (s->st_info != ELF64_ST_INFO(STB_LOCAL, STT_FUNC) || s->st_other ||
	    s->st_shndx != vouch_image_place(img->arch, VOUCH_SECTION_TEXT))
		return "symtab: a local symbol is no function";
	if (s->st_value % 16 || s->st_value < *end ||
	    s->st_value - *end >= 16 || !s->st_size ||
	    !vouch_range_ok(s->st_value, s->st_size, img->text_len))
		return "symtab: a function is not where it must be";
	why = img->arch->check_function(img, *end, s);
	*end = s->st_value + s->st_size;
	return why;
}

static const char *check_import_sym(const struct vouch_image *img,
				    const Elf64_Sym *s, const char *name,
				    const char *before)
{
	if (s->st_info != ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE) ||
	    s->st_other || s->st_shndx != SHN_UNDEF || s->st_value ||
	    s->st_size)
		return "symtab: a global symbol is no import";
	if (before && strcmp(before, name) >= 0)
		return "symtab: imports are not sorted";
	if (!img->arch->may_import(name) &&
	    strncmp(name, VOUCH_EXPORT_PREFIX, sizeof(VOUCH_EXPORT_PREFIX) - 1))
		return "symtab: an import that no image may have";
	return NULL;
}

static const char *check_symbols(struct vouch_image *img)
{
	const char *name, *before = NULL, *why;
	u32 size, strsize, pos = 1, i;
	u64 end = 0;

	img->syms = vouch_image_section(img, VOUCH_SECTION_SYMTAB, &size);
	img->n_syms = size / sizeof(Elf64_Sym);
	img->strtab = vouch_image_section(img, VOUCH_SECTION_STRTAB, &strsize);
	img->first_import =
		vouch_image_header(img, VOUCH_SECTION_SYMTAB)->sh_info;
	if (img->first_import <= N_SECTION_SYMS ||
	    img->first_import > img->n_syms || !strsize || img->strtab[0])
		return "symtab: not the symbols of an image";
	if (!vouch_all_zero(&img->syms[0], sizeof(Elf64_Sym)))
		return "symtab: the null symbol is not zero";
	why = check_section_sym(img, VOUCH_SYM_TEXT, VOUCH_SECTION_TEXT);
	if (!why)
		why = check_section_sym(img, VOUCH_SYM_SLOTS,
					VOUCH_SECTION_SLOTS);
	for (i = N_SECTION_SYMS; !why && i < img->n_syms; i++) {
		name = next_name(img, strsize, &img->syms[i], &pos);
		if (!name)
			return "symtab: a name is not where it must be";
		if (i < img->first_import) {
			why = check_func_sym(img, &img->syms[i], &end);
			continue;
		}
		why = check_import_sym(img, &img->syms[i], name, before);
		before = name;
	}
	if (why)
		return why;
	if (end != img->text_len)
		return "text: bytes that belong to no function";
	return pos == strsize ? NULL : "symtab: more names than symbols";
}

const char *vouch_image_symbol(const struct vouch_image *img, u32 sym)
{
	return img->strtab + img->syms[sym].st_name;
}

int vouch_image_parse(const void *file, size_t len, struct vouch_image *img,
		      const char **why)
{
	memset(img, 0, sizeof(*img));
	img->file = file;
	img->len = (u32)len;
	if (len < sizeof(Elf64_Ehdr) || len > VOUCH_IMAGE_MAX)
		*why = "image: size out of range";
	else
		*why = check_header(img, len);
	if (!*why)
		*why = check_sections(img);
	if (!*why)
		*why = check_notes(img);
	if (!*why)
		*why = check_this_module(img);
	if (!*why)
		*why = check_modinfo(img);
	if (!*why)
		*why = check_symbols(img);
	if (!*why)
		*why = vouch_image_check_relocations(img);
	return *why ? -EINVAL : 0;
}

int vouch_image_split(const void *file, size_t len, u32 *elf_len, u32 *sig_len,
		      const char **why)
{
	const size_t marker = sizeof(VOUCH_MODULE_SIG_STRING) - 1;
	const struct vouch_module_signature want = { .id_type = 2 };
	struct vouch_module_signature sig;
	const u8 *p = file;
	u64 n;

	*why = NULL;
	if (len > VOUCH_IMAGE_MAX)
		*why = "image: larger than an image may be";
	else if (len <= marker + sizeof(sig) ||
		 memcmp(p + len - marker, VOUCH_MODULE_SIG_STRING, marker))
		*why = "image: no signature at its end";
	if (*why)
		return -EINVAL;
	len -= marker + sizeof(sig);
	memcpy(&sig, p + len, sizeof(sig));
	n = (u64)sig.sig_len[0] << 24 | (u64)sig.sig_len[1] << 16 |
	    (u64)sig.sig_len[2] << 8 | sig.sig_len[3];
	if (memcmp(&sig, &want,
		   offsetof(struct vouch_module_signature, sig_len)))
		*why = "image: the signature is not of the kernel's CMS kind";
	else if (!n || n > VOUCH_MAX_SIG || n >= len)
		*why = "image: length of the signature out of range";
	if (*why)
		return -EINVAL;
	*elf_len = (u32)(len - n);
	*sig_len = (u32)n;
	return 0;
}
