/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an architecture owns of vouch_target: arch_x86.c or arch_arm64.c, of
 * which Kbuild takes one. Nothing outside them knows what the module loader
 * makes of code, or what code needs of the CPU.
 */
#ifndef VOUCH_ARCH_H
#define VOUCH_ARCH_H

#include <linux/types.h>

#include "image_arch.h"
#include "layout.h"

struct module;

/* Whose images run here. */
extern const struct vouch_image_arch *const vouch_arch_image;

/**
 * vouch_arch_init() - learn what this kernel's module loader does.
 *
 * Return: 0, or -ENOEXEC if that is not known.
 */
int vouch_arch_init(void);

/**
 * vouch_arch_missing() - what the kernel or CPU has and an image's code lacks,
 * or the reverse.
 * @img: the image, of this architecture
 * @features: VOUCH_FEATURE_ of its verifier VM
 *
 * Return: NULL, or the words for it, as "return thunks".
 */
const char *vouch_arch_missing(const struct vouch_image *img, u32 features);

/**
 * vouch_arch_section() - a section as the module loader sizes it.
 * @mod: the module
 * @section: enum vouch_section
 * @size: its size in the file; changed if the loader's is another
 * @align: its alignment in the file; likewise
 */
void vouch_arch_section(const struct module *mod, u32 section, u64 *size,
			u64 *align);

/**
 * vouch_arch_field() - the bytes of .text that the loader changes.
 * @img: the image
 * @r: for this relocation
 * @start: set to the first of them
 *
 * Return: where they end.
 */
u32 vouch_arch_field(const struct vouch_image *img, const Elf64_Rela *r,
		     u32 *start);

/**
 * vouch_arch_field_ok() - are these as the loader must have left them?
 * @img: the image
 * @l: where it is
 * @r: the relocation
 *
 * Return: true if they are.
 */
bool vouch_arch_field_ok(const struct vouch_image *img,
			 const struct vouch_layout *l, const Elf64_Rela *r);

/**
 * vouch_arch_tables_ok() - so for its tables beside the exception table.
 * @img: the image
 * @l: where it is
 *
 * Return: true if they are.
 */
bool vouch_arch_tables_ok(const struct vouch_image *img,
			  const struct vouch_layout *l);

/**
 * vouch_arch_behind_ok() - so for what is executable behind .text.
 * @mod: the module
 * @img: the image
 * @l: where it is
 *
 * Return: true if nothing can be run there but what the loader puts there.
 */
bool vouch_arch_behind_ok(const struct module *mod,
			  const struct vouch_image *img,
			  const struct vouch_layout *l);

#endif /* VOUCH_ARCH_H */
