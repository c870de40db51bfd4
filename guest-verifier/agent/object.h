/* SPDX-License-Identifier: BSD-2-Clause */
/* A submitted object, as an ELF file, before libbpf sees it. */
#ifndef VOUCH_OBJECT_H
#define VOUCH_OBJECT_H

#include "base.h"

#define VOUCH_MAX_OBJECT (16u << 20) /* bytes of a submitted object */

struct vouch_section_data {
	const u8 *data; /* inside the object; NULL: no such section */
	size_t size;
};

struct vouch_object {
	const void *data; /* the whole file, the caller's */
	size_t size;
	char license[64];
	struct vouch_section_data btf; /* .BTF */
	struct vouch_section_data btf_ext; /* .BTF.ext */
	struct vouch_section_data symbols; /* struct Elf64_Sym */
	struct vouch_section_data names; /* of symbols */
	u32 n_insns; /* of all code sections together */
};

/**
 * vouch_object_read() - find what is needed of an object.
 * @data: the file, borrowed; must outlive @object
 * @size: its length in bytes
 * @object: filled
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_object_read(const void *data, size_t size,
		      struct vouch_object *object, const char **why);

/**
 * vouch_object_is_weak() - may an extern be left without a value?
 * @object: the object
 * @name: of the extern
 *
 * Return: true if its symbol is weak; false too if there is none.
 */
bool vouch_object_is_weak(const struct vouch_object *object, const char *name);

#endif /* VOUCH_OBJECT_H */
