/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an architecture owns of images: a file of its own, image_x86.c or
 * image_arm64.c, with the table that names its parts. Whoever parses images
 * compiles all of them, so that an image for another kernel can be read and
 * refused by name. Nothing outside these files knows an instruction or a
 * relocation's type.
 */
#ifndef VOUCH_IMAGE_ARCH_H
#define VOUCH_IMAGE_ARCH_H

#include "image.h"

#define VOUCH_EX_WORD 4 /* bytes of a relative address */

/*
 * @name: as target profiles have it
 * @number: VOUCH_ARCH_
 * @machine: of the ELF header
 * @sections, @n_sections: enum vouch_section, in the file's order
 * @max_text: bytes of .text
 * @max_faults: entries of the exception table
 * @thunks: returns and indirect jumps may go through thunks: it may have
 *	"retpoline=Y"
 * @call: type of a relocation to an import
 * @slot: of one to a slot
 * @table: of those in tables, to .text
 * @wide: of one of eight bytes; 0: there is none
 * @addend: of a call; a slot's is so much more
 */
struct vouch_image_arch {
	const char *name;
	u32 number;
	u16 machine;
	u16 n_sections;
	const u8 *sections;
	u32 max_text, max_faults;
	bool thunks;
	u32 call, slot, table, wide;
	s32 addend;

	/**
	 * @may_import: may an image import this beside helpers?
	 * @name: the symbol
	 */
	bool (*may_import)(const char *name);

	/**
	 * @check_function: what is between functions, and how long they are
	 * @end: where the one before ends in .text, bytes
	 * @s: the function; its place is checked
	 *
	 * Return: NULL, or a constant text that says what is wrong.
	 */
	const char *(*check_function)(const struct vouch_image *img, u64 end,
				      const Elf64_Sym *s);

	/**
	 * @check_field: what stands where a relocation of .text goes
	 * @r: the relocation; within .text
	 *
	 * Return: NULL, or a constant text that says what is wrong.
	 */
	const char *(*check_field)(const struct vouch_image *img,
				   const Elf64_Rela *r);

	/**
	 * @check_wide: a relocation of type @wide; NULL if there is none
	 * @r: the relocation; within .text
	 *
	 * Return: NULL, or a constant text that says what is wrong.
	 */
	const char *(*check_wide)(const struct vouch_image *img,
				  const Elf64_Rela *r);

	/**
	 * @check_sites: tables of thunks' sites; NULL if there are none
	 * @img: the relocations of .text are checked
	 *
	 * Return: NULL, or a constant text that says what is wrong.
	 */
	const char *(*check_sites)(struct vouch_image *img);

	/**
	 * @check_fault: an entry of the exception table
	 * @img: the image
	 * @off: the load in .text; checked
	 * @len: bytes from it to where it goes on; checked
	 * @data: the entry's third word
	 *
	 * Return: NULL, or a constant text that says what is wrong.
	 */
	const char *(*check_fault)(const struct vouch_image *img, u64 off,
				   u64 len, u32 data);

	/**
	 * @fault_reg: the register that becomes 0
	 * @data: third word of an entry
	 */
	u32 (*fault_reg)(u32 data);
};

extern const struct vouch_image_arch vouch_image_x86, vouch_image_arm64;

/**
 * vouch_image_arch_of() - an architecture by its number.
 * @number: VOUCH_ARCH_
 *
 * Return: what it owns of images, or NULL.
 */
const struct vouch_image_arch *vouch_image_arch_of(u32 number);

/**
 * vouch_image_arch_by_machine() - an architecture by that of an ELF header.
 * @machine: EM_
 *
 * Return: what it owns of images, or NULL.
 */
const struct vouch_image_arch *vouch_image_arch_by_machine(u16 machine);

/**
 * vouch_image_place() - where a section is in the list of an architecture.
 * @arch: of the image
 * @section: enum vouch_section
 *
 * Return: its index in the file, or 0 if such images have none.
 */
u32 vouch_image_place(const struct vouch_image_arch *arch, u32 section);

/**
 * vouch_image_is_text() - is it the relocation of a table that it should be?
 * @img: the image
 * @r: the relocation
 * @at: where it should be in the table, bytes
 * @to: where it should go to in .text, bytes
 *
 * Return: true if it is.
 */
static inline bool vouch_image_is_text(const struct vouch_image *img,
				       const Elf64_Rela *r, u64 at, u64 to)
{
	return r->r_offset == at && r->r_addend == (s64)to &&
	       r->r_info == ELF64_R_INFO((u64)VOUCH_SYM_TEXT, img->arch->table);
}

/**
 * vouch_image_field() - bytes that a relocation of .text changes.
 * @img: the image
 * @r: the relocation
 *
 * Return: their number.
 */
static inline u32 vouch_image_field(const struct vouch_image *img,
				    const Elf64_Rela *r)
{
	u32 type = ELF64_R_TYPE(r->r_info);

	return img->arch->wide && type == img->arch->wide ? 8 : VOUCH_EX_WORD;
}

/**
 * vouch_image_slot() - the slot that a relocation goes to.
 * @img: the image
 * @r: a relocation of .text to the section symbol of the slots
 *
 * Return: the slot's number.
 */
static inline u32 vouch_image_slot(const struct vouch_image *img,
				   const Elf64_Rela *r)
{
	return (u32)((r->r_addend - img->arch->addend) / 8);
}

#endif /* VOUCH_IMAGE_ARCH_H */
