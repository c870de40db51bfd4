// SPDX-License-Identifier: BSD-2-Clause

#include "guestfile.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/hex.h"

#define BUILD_ID_LEN 20
/* Linux/x86 boot protocol: the magic, and where the version's text lies. */
#define BOOT_MAGIC 0x202
#define BOOT_VERSION 0x20e
#define BOOT_BASE 0x200
/* arm64's boot protocol (kernel, Documentation/arm64/booting.rst). */
#define FLAT_MAGIC 56
#define FLAT_HEAD 64
/* cpio's "newc" format: fields of eight hexadecimal digits. */
#define CPIO_MAGIC "070701"
#define CPIO_LAST "TRAILER!!!"
#define CPIO_HEAD 110
#define CPIO_FILE_SIZE 54
#define CPIO_NAME_SIZE 94

int vouch_guestfile_open(const char *path, struct vouch_guestfile *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;
	void *p = MAP_FAILED;

	memset(file, 0, sizeof(*file));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || !st.st_size)
		err = -EINVAL;
	else
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			 0);
	if (!err && p == MAP_FAILED)
		err = -errno;
	close(fd);
	if (err)
		return err;
	file->data = p;
	file->len = (size_t)st.st_size;
	return 0;
}

void vouch_guestfile_close(struct vouch_guestfile *file)
{
	if (file->data)
		munmap((void *)(uintptr_t)file->data, file->len);
	memset(file, 0, sizeof(*file));
}

/* ---- kernels ---- */

/* The word at @p, which ends before @end. */
static bool take_release(const u8 *p, const u8 *end, char *release, size_t size)
{
	size_t n = 0;

	while (p + n < end && n < size - 1 && p[n] > ' ' && p[n] < 0x7f)
		n++;
	if (!n || p + n == end || p[n] > ' ' || *p < '0' || *p > '9')
		return false;
	memcpy(release, p, n);
	release[n] = 0;
	return true;
}

static bool find_banner(const struct vouch_guestfile *file, char *release,
			size_t size)
{
	static const char banner[] = "Linux version ";
	const u8 *p = file->data, *end = file->data + file->len;

	while ((p = memmem(p, (size_t)(end - p), banner, sizeof(banner) - 1))) {
		p += sizeof(banner) - 1;
		if (take_release(p, end, release, size))
			return true;
	}
	return false;
}

static bool note_build_id(const u8 *p, size_t len, char *hex)
{
	Elf64_Nhdr n;

	while (len >= sizeof(n)) {
		size_t name, desc;

		memcpy(&n, p, sizeof(n));
		name = ((size_t)n.n_namesz + 3) & ~3ul;
		desc = ((size_t)n.n_descsz + 3) & ~3ul;
		if (name > len - sizeof(n) || desc > len - sizeof(n) - name)
			return false;
		if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 &&
		    n.n_descsz == BUILD_ID_LEN &&
		    !memcmp(p + sizeof(n), "GNU", 4)) {
			vouch_hex_write(p + sizeof(n) + name, BUILD_ID_LEN,
					hex);
			return true;
		}
		p += sizeof(n) + name + desc;
		len -= sizeof(n) + name + desc;
	}
	return false;
}

static void find_build_id(const struct vouch_guestfile *file, char *hex)
{
	const Elf64_Ehdr *e = (const void *)file->data;
	Elf64_Phdr p;
	u32 i;

	if (e->e_phentsize != sizeof(p) || e->e_phoff > file->len ||
	    (file->len - e->e_phoff) / sizeof(p) < e->e_phnum)
		return;
	for (i = 0; i < e->e_phnum; i++) {
		memcpy(&p, file->data + e->e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_NOTE && p.p_offset <= file->len &&
		    p.p_filesz <= file->len - p.p_offset &&
		    note_build_id(file->data + p.p_offset, p.p_filesz, hex))
			return;
	}
}

static int read_bzimage(const struct vouch_guestfile *file,
			struct vouch_guest_kernel *kernel)
{
	size_t at;

	if (file->len < BOOT_VERSION + 2 ||
	    memcmp(file->data + BOOT_MAGIC, "HdrS", 4))
		return -ENOEXEC;
	at = BOOT_BASE + file->data[BOOT_VERSION] +
	     256u * file->data[BOOT_VERSION + 1];
	if (at >= file->len ||
	    !take_release(file->data + at, file->data + file->len,
			  kernel->release, sizeof(kernel->release)))
		return -ENOEXEC;
	return 0;
}

static bool is_flat(const struct vouch_guestfile *file)
{
	return file->len >= FLAT_HEAD &&
	       !memcmp(file->data + FLAT_MAGIC, "ARM\x64", 4);
}

int vouch_guestfile_kernel(const struct vouch_guestfile *file,
			   struct vouch_guest_kernel *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	if (is_flat(file))
		return find_banner(file, kernel->release,
				   sizeof(kernel->release))
			       ? 0
			       : -ENOEXEC;
	if (file->len < sizeof(Elf64_Ehdr) ||
	    memcmp(file->data, ELFMAG, SELFMAG) != 0)
		return read_bzimage(file, kernel);
	if (file->data[EI_CLASS] != ELFCLASS64 ||
	    !find_banner(file, kernel->release, sizeof(kernel->release)))
		return -ENOEXEC;
	find_build_id(file, kernel->build_id);
	return 0;
}

/* ---- sections ---- */

static bool section_at(const struct vouch_guestfile *file, u32 i,
		       Elf64_Shdr *section)
{
	const Elf64_Ehdr *e = (const void *)file->data;

	memcpy(section, file->data + e->e_shoff + (size_t)i * sizeof(*section),
	       sizeof(*section));
	return section->sh_type == SHT_NOBITS ||
	       (section->sh_offset <= file->len &&
		section->sh_size <= file->len - section->sh_offset);
}

int vouch_guestfile_section(const struct vouch_guestfile *file,
			    const char *name, struct vouch_guestfile *section)
{
	const Elf64_Ehdr *e = (const void *)file->data;
	const size_t n = strlen(name) + 1;
	Elf64_Shdr names, s;
	u32 i;

	if (file->len < sizeof(*e) ||
	    memcmp(file->data, ELFMAG, SELFMAG) != 0 ||
	    file->data[EI_CLASS] != ELFCLASS64 || e->e_shentsize != sizeof(s) ||
	    e->e_shoff > file->len ||
	    (file->len - e->e_shoff) / sizeof(s) < e->e_shnum ||
	    e->e_shstrndx >= e->e_shnum ||
	    !section_at(file, e->e_shstrndx, &names) ||
	    names.sh_type == SHT_NOBITS)
		return -ENOEXEC;
	for (i = 0; i < e->e_shnum; i++) {
		if (!section_at(file, i, &s))
			return -ENOEXEC;
		if (s.sh_type == SHT_NOBITS || s.sh_name >= names.sh_size ||
		    n > names.sh_size - s.sh_name ||
		    memcmp(file->data + names.sh_offset + s.sh_name, name, n))
			continue;
		section->data = file->data + s.sh_offset;
		section->len = s.sh_size;
		return 0;
	}
	return -ENOENT;
}

/* ---- initramfs ---- */

static bool number(const u8 *head, size_t at, size_t *out)
{
	char text[9] = "", *end;

	memcpy(text, head + at, 8);
	*out = strtoul(text, &end, 16);
	return end == text + 8;
}

/* Names in an archive end with NUL. */
static bool is_called(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, name);
}

int vouch_guestfile_member(const struct vouch_guestfile *file, const char *name,
			   struct vouch_guestfile *member)
{
	size_t pos = 0, name_len, len, data;

	while (pos < file->len && file->len - pos >= CPIO_HEAD) {
		const u8 *head = file->data + pos;

		if (memcmp(head, CPIO_MAGIC, sizeof(CPIO_MAGIC) - 1) != 0 ||
		    !number(head, CPIO_NAME_SIZE, &name_len) ||
		    !number(head, CPIO_FILE_SIZE, &len) || !name_len ||
		    name_len > file->len - pos - CPIO_HEAD ||
		    head[CPIO_HEAD + name_len - 1])
			return -ENOEXEC;
		data = (pos + CPIO_HEAD + name_len + 3) & ~3ul;
		if (data > file->len || len > file->len - data)
			return -ENOEXEC;
		if (len && is_called((const char *)head + CPIO_HEAD, name)) {
			member->data = file->data + data;
			member->len = len;
			return 0;
		}
		if (is_called((const char *)head + CPIO_HEAD, CPIO_LAST))
			return -ENOENT;
		pos = (data + len + 3) & ~3ul;
	}
	return -ENOEXEC; /* it has no end */
}

const char *vouch_guestfile_vermagic(const struct vouch_guestfile *module)
{
	static const char tag[] = "\0vermagic=";
	const size_t n = sizeof(tag) - 1;
	const u8 *p = memmem(module->data, module->len, tag, n), *end;

	if (!p)
		return NULL;
	end = module->data + module->len;
	p += n;
	return memchr(p, 0, (size_t)(end - p)) ? (const char *)p : NULL;
}
