/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that guests are booted from: kernels, initramfs, modules in them. */
#ifndef VOUCH_CLI_GUESTFILE_H
#define VOUCH_CLI_GUESTFILE_H

#include "../../common/base.h"

/* A file that is mapped, or a part of one. */
struct vouch_guestfile {
	const u8 *data;
	size_t len;
};

struct vouch_guest_kernel {
	char release[65];
	char build_id[41]; /* hexadecimal; empty where the file has none */
};

/**
 * vouch_guestfile_open() - map a file.
 * @path: of the file
 * @file: filled; end with vouch_guestfile_close()
 *
 * Return: 0 or -errno.
 */
int vouch_guestfile_open(const char *path, struct vouch_guestfile *file);

/**
 * vouch_guestfile_close() - unmap a file.
 * @file: opened, or all zero
 */
void vouch_guestfile_close(struct vouch_guestfile *file);

/**
 * vouch_guestfile_kernel() - say which kernel a file holds.
 * @file: a vmlinux or a bzImage
 * @kernel: filled
 *
 * Return: 0, or -ENOEXEC if it is neither.
 */
int vouch_guestfile_kernel(const struct vouch_guestfile *file,
			   struct vouch_guest_kernel *kernel);

/**
 * vouch_guestfile_section() - find a section of an ELF file.
 * @file: the file
 * @name: of the section
 * @section: filled; within @file
 *
 * Return: 0, -ENOENT, or -ENOEXEC if it is no whole ELF file of 64 bits.
 */
int vouch_guestfile_section(const struct vouch_guestfile *file,
			    const char *name, struct vouch_guestfile *section);

/**
 * vouch_guestfile_member() - find a file in an initramfs.
 * @file: the initramfs, which must not be compressed
 * @name: last part of the file's path
 * @member: filled; within @file
 *
 * Return: 0, -ENOENT, or -ENOEXEC if it is no cpio archive.
 */
int vouch_guestfile_member(const struct vouch_guestfile *file, const char *name,
			   struct vouch_guestfile *member);

/**
 * vouch_guestfile_vermagic() - for which kernel a module is made.
 * @module: the module
 *
 * Return: its vermagic, NUL-terminated within @module, or NULL.
 */
const char *vouch_guestfile_vermagic(const struct vouch_guestfile *module);

#endif /* VOUCH_CLI_GUESTFILE_H */
