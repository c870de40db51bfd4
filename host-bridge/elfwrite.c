// SPDX-License-Identifier: BSD-2-Clause
/* Writing an image's ELF file with libelf. */

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>

#include "../common/image_arch.h"
#include "elfwrite.h"

#define HEADER_ALIGN 8
#define MAX_NAMES 512 /* bytes of all section names */

/* A file while it is written. */
struct writer {
	Elf *elf;
	const struct vouch_image_arch *arch;
	const struct vouch_elf_part *parts;
	u32 first_import;
	char names[MAX_NAMES];
	u32 names_len;
	u64 end; /* of the last section, bytes */
};

static u64 align_up(u64 n, u64 align)
{
	return (n + align - 1) & ~(align - 1);
}

static const struct vouch_section_rule *rule_at(const struct writer *w, u32 i)
{
	return &vouch_section_rules[w->arch->sections[i]];
}

static void collect_names(struct writer *w)
{
	u32 i;

	for (i = 0; i < w->arch->n_sections; i++) {
		const char *name = rule_at(w, i)->name;

		memcpy(w->names + w->names_len, name, strlen(name) + 1);
		w->names_len += strlen(name) + 1;
	}
}

static bool write_header(struct writer *w)
{
	GElf_Ehdr eh;

	if (!gelf_newehdr(w->elf, ELFCLASS64) || !gelf_getehdr(w->elf, &eh))
		return false;
	eh.e_ident[EI_DATA] = ELFDATA2LSB;
	eh.e_type = ET_REL;
	eh.e_machine = w->arch->machine;
	eh.e_version = EV_CURRENT;
	eh.e_shstrndx = (u16)vouch_image_place(w->arch, VOUCH_SECTION_SHSTRTAB);
	return gelf_update_ehdr(w->elf, &eh);
}

/* libelf writes bytes as they are where the type is ELF_T_BYTE. */
static bool add_data(Elf_Scn *scn, const struct vouch_elf_part *part)
{
	Elf_Data *d = elf_newdata(scn);

	if (!d)
		return false;
	d->d_type = ELF_T_BYTE;
	d->d_version = EV_CURRENT;
	d->d_align = 1;
	d->d_buf = (void *)(uintptr_t)part->data;
	d->d_size = part->size;
	return true;
}

static bool write_section(struct writer *w, u32 i, u32 *name)
{
	const struct vouch_section_rule *rule = rule_at(w, i);
	const u32 section = w->arch->sections[i];
	const struct vouch_elf_part names = { w->names, w->names_len };
	const struct vouch_elf_part *part =
		section == VOUCH_SECTION_SHSTRTAB ? &names : &w->parts[section];
	Elf_Scn *scn = elf_newscn(w->elf);
	GElf_Shdr sh;

	if (!scn || !gelf_getshdr(scn, &sh) || !add_data(scn, part))
		return false;
	sh.sh_name = *name;
	sh.sh_type = rule->type;
	sh.sh_flags = rule->flags;
	sh.sh_offset = align_up(w->end, rule->align);
	sh.sh_size = part->size;
	sh.sh_link = vouch_image_place(w->arch, rule->link);
	sh.sh_info = section == VOUCH_SECTION_SYMTAB
			     ? w->first_import
			     : vouch_image_place(w->arch, rule->info);
	sh.sh_addralign = rule->align;
	sh.sh_entsize = rule->entsize;
	*name += strlen(rule->name) + 1;
	w->end = sh.sh_offset + (rule->type == SHT_NOBITS ? 0 : sh.sh_size);
	return gelf_update_shdr(scn, &sh);
}

static bool write_elf(struct writer *w)
{
	u32 name = 1, i;
	GElf_Ehdr eh;

	elf_flagelf(w->elf, ELF_C_SET, ELF_F_LAYOUT);
	if (!write_header(w))
		return false;
	w->end = sizeof(Elf64_Ehdr);
	for (i = 1; i < w->arch->n_sections; i++)
		if (!write_section(w, i, &name))
			return false;
	if (!gelf_getehdr(w->elf, &eh))
		return false;
	eh.e_shoff = align_up(w->end, HEADER_ALIGN);
	return gelf_update_ehdr(w->elf, &eh) &&
	       elf_update(w->elf, ELF_C_WRITE) > 0;
}

static int read_back(int fd, void **out, size_t *len)
{
	struct stat st;
	size_t done = 0;
	ssize_t n;
	u8 *buf;

	if (fstat(fd, &st))
		return -EIO;
	if (st.st_size > VOUCH_IMAGE_MAX)
		return -E2BIG;
	buf = malloc((size_t)st.st_size);
	if (!buf)
		return -ENOMEM;
	while (done < (size_t)st.st_size) {
		n = pread(fd, buf + done, (size_t)st.st_size - done,
			  (off_t)done);
		if (n <= 0) {
			free(buf);
			return -EIO;
		}
		done += (size_t)n;
	}
	*out = buf;
	*len = done;
	return 0;
}

int vouch_elf_write(const struct vouch_image_arch *arch,
		    const struct vouch_elf_part parts[VOUCH_N_SECTIONS],
		    u32 first_import, void **out, size_t *len)
{
	struct writer w = {
		.arch = arch,
		.parts = parts,
		.first_import = first_import,
	};
	int fd, ret = -EIO;

	collect_names(&w);
	elf_version(EV_CURRENT);
	fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	w.elf = elf_begin(fd, ELF_C_WRITE, NULL);
	if (w.elf) {
		/* Zero bytes between the sections. */
		elf_fill(0);
		if (write_elf(&w))
			ret = read_back(fd, out, len);
	}
	elf_end(w.elf);
	close(fd);
	return ret;
}
