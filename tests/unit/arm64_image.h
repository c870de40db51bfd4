/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image for arm64, put together by hand: what the fixture's image says of
 * maps and programs, with code of arm64. Two functions, as the kernel's JIT
 * writes them, with a call of a helper, two loads from slots, two loads that
 * may fault and a call between them.
 */
#ifndef VOUCH_ARM64_IMAGE_H
#define VOUCH_ARM64_IMAGE_H

#include <stdlib.h>

#include "../../common/image_arch.h"
#include "../../host-bridge/buffer.h"
#include "../../host-bridge/content.h"
#include "../../host-bridge/elfwrite.h"
#include "../../host-bridge/link_site.h"

/* Words of its code, by what tests do to them. */
enum arm64_word {
	ARM64_MAP = 12,
	ARM64_CALL = 13,
	ARM64_VALUE = 16,
	ARM64_LOAD = 17,
	ARM64_FAR_LOAD = 19,
	ARM64_SUBCALL = 20,
	ARM64_FILLER = 31, /* first of those between the functions */
	ARM64_SUB = 32, /* the second function */
};

static const u32 arm64_code[] = {
	0xaa1e03e9, /* mov x9, x30 */
	0xd503201f, /* nop */
	0xa9bf7bfd, /* stp x29, x30, [sp, #-16]! */
	0x910003fd, /* mov x29, sp */
	0xa9bf53f3, /* stp x19, x20, [sp, #-16]! */
	0xa9bf5bf5, /* stp x21, x22, [sp, #-16]! */
	0xa9bf6bf9, /* stp x25, x26, [sp, #-16]! */
	0xa9bf73fb, /* stp x27, x28, [sp, #-16]! */
	0x910003f9, /* mov x25, sp */
	0xd280001a, /* mov x26, #0 */
	0xd100433b, /* sub x27, x25, #16 */
	0xd10043ff, /* sub sp, sp, #16 */
	0x58000000, /* ldr x0, slot 0 */
	0x94000000, /* bl import */
	0xaa0003e7, /* mov x7, x0 */
	0xaa0703f4, /* mov x20, x7 */
	0x58000009, /* ldr x9, slot 1 */
	0xf9400a81, /* ldr x1, [x20, #16] */
	0xd280190a, /* mov x10, #200 */
	0x786a6a93, /* ldrh w19, [x20, x10] */
	0x9400000c, /* bl to the second function */
	0x910043ff, /* add sp, sp, #16 */
	0xa8c173fb, /* ldp x27, x28, [sp], #16 */
	0xa8c16bf9, /* ldp x25, x26, [sp], #16 */
	0xa8c15bf5, /* ldp x21, x22, [sp], #16 */
	0xa8c153f3, /* ldp x19, x20, [sp], #16 */
	0xa8c17bfd, /* ldp x29, x30, [sp], #16 */
	0xaa0703e0, /* mov x0, x7 */
	0xd65f03c0, /* ret */
	0xd503201f, /* nop */
	0xd503201f, /* nop */
	0xd4202000, /* brk #0x100 */
	0xd2800047, /* mov x7, #2 */
	0xaa0703e0, /* mov x0, x7 */
	0xd65f03c0, /* ret */
};

/* An image while it is put together. */
struct arm64_parts {
	struct vouch_buffer code;
	struct vouch_buffer relas, faults, fault_relas, symbols, strings;
	struct vouch_buffer requirements, modinfo;
	u32 first_import;
};

static inline void arm64_symbol(struct arm64_parts *p, const char *name,
				u8 info, u32 section, u64 value, u64 size)
{
	const Elf64_Sym sym = {
		.st_name = name ? (u32)p->strings.len : 0,
		.st_info = info,
		.st_shndx = (u16)vouch_image_place(&vouch_image_arm64, section),
		.st_value = value,
		.st_size = size,
	};

	vouch_buffer_add(&p->symbols, &sym, sizeof(sym));
	if (name)
		vouch_buffer_add(&p->strings, name, strlen(name) + 1);
}

static inline void arm64_symbols(struct arm64_parts *p)
{
	const u8 func = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);
	const u8 section = ELF64_ST_INFO(STB_LOCAL, STT_SECTION);

	vouch_buffer_add(&p->strings, "", 1);
	arm64_symbol(p, NULL, 0, 0, 0, 0);
	arm64_symbol(p, NULL, section, VOUCH_SECTION_TEXT, 0, 0);
	arm64_symbol(p, NULL, section, VOUCH_SECTION_SLOTS, 0, 0);
	arm64_symbol(p, "p0_xdp_test", func, VOUCH_SECTION_TEXT, 0,
		     4ul * ARM64_FILLER);
	arm64_symbol(p, "p0_xdp_test_1", func, VOUCH_SECTION_TEXT,
		     4ul * ARM64_SUB, p->code.len - 4ul * ARM64_SUB);
	p->first_import = (u32)(p->symbols.len / sizeof(Elf64_Sym));
	arm64_symbol(p, "vouch_bpf_htab_lookup_raw",
		     ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), 0, 0, 0);
}

static inline void arm64_fault(struct arm64_parts *p, u32 word, u32 reg)
{
	const struct vouch_ex_entry entry = {
		.data = cpu_to_le32(VOUCH_ARM64_EX_DATA(reg)),
	};
	const u64 at = p->faults.len;

	vouch_buffer_add(&p->faults, &entry, sizeof(entry));
	vouch_link_relocate(&p->fault_relas, at, VOUCH_SYM_TEXT,
			    R_AARCH64_PREL32, 4 * (s64)word);
	vouch_link_relocate(&p->fault_relas, at + 4, VOUCH_SYM_TEXT,
			    R_AARCH64_PREL32, 4 * (s64)word + 4);
}

static inline void arm64_fill(struct arm64_parts *p, u32 loads)
{
	const u32 n = sizeof(arm64_code) / sizeof(arm64_code[0]);

	vouch_buffer_add(&p->code, arm64_code, 4ul * ARM64_SUB);
	while (loads--)
		vouch_buffer_add(&p->code, &arm64_code[ARM64_LOAD], 4);
	vouch_buffer_add(&p->code, &arm64_code[ARM64_SUB],
			 4ul * (n - ARM64_SUB));
}

static inline void arm64_relocations(struct arm64_parts *p, u32 faults)
{
	u32 i;

	vouch_link_relocate(&p->relas, 4ul * ARM64_MAP, VOUCH_SYM_SLOTS,
			    R_AARCH64_LD_PREL_LO19, 0);
	vouch_link_relocate(&p->relas, 4ul * ARM64_CALL, p->first_import,
			    R_AARCH64_CALL26, 0);
	vouch_link_relocate(&p->relas, 4ul * ARM64_VALUE, VOUCH_SYM_SLOTS,
			    R_AARCH64_LD_PREL_LO19, 8);
	arm64_fault(p, ARM64_LOAD, 1);
	arm64_fault(p, ARM64_FAR_LOAD, 19);
	for (i = 0; i < faults; i++)
		arm64_fault(p, ARM64_SUB + i, 1);
}

/* The fixture's image says the rest, but for retpolines and places. */
static inline void arm64_manifest(struct arm64_parts *p,
				  const struct vouch_image *x86)
{
	struct vouch_requirements *r;
	struct vouch_req_prog *prog;
	const void *note;
	u32 len;

	note = vouch_image_section(x86, VOUCH_SECTION_REQUIREMENTS, &len);
	vouch_buffer_add(&p->requirements, note, len);
	r = (void *)(p->requirements.data + VOUCH_NOTE_DESC_OFF);
	r->arch = cpu_to_le32(VOUCH_ARCH_ARM64);
	r->features = 0;
	prog = (void *)(r + 1);
	prog->text_off = 0;
	prog->text_len = cpu_to_le32(4 * ARM64_FILLER);
	note = vouch_image_section(x86, VOUCH_SECTION_MODINFO, &len);
	if (x86->retpoline)
		len -= sizeof("retpoline=Y");
	vouch_buffer_add(&p->modinfo, note, len);
}

static inline struct vouch_elf_part arm64_same(const struct vouch_image *img,
					       u32 section)
{
	struct vouch_elf_part part;
	u32 size;

	part.data = vouch_image_section(img, section, &size);
	part.size = size;
	return part;
}

/* What is no image stays as it is. */
static inline void arm64_seal(void *image, size_t len)
{
	struct vouch_image img;
	const char *why = NULL;
	u8 hash[VOUCH_HASH_LEN], *file = image;

	if (vouch_image_parse(image, len, &img, &why))
		return;
	if (vouch_content_hash(&img, hash))
		abort();
	vouch_content_digits(hash, (char *)file + img.volatiles[0].off);
	vouch_content_digits(hash, (char *)file + img.volatiles[1].off);
	memcpy(file + img.volatiles[2].off, hash, sizeof(hash));
}

/**
 * arm64_long_image() - put an image together.
 * @x86: the fixture's image, parsed: without fields and callbacks
 * @loads: how many loads the second function begins with
 * @faults: how many of these may fault
 * @len: bytes of the image
 *
 * Return: the unsigned image; the caller frees it.
 */
static inline void *arm64_long_image(const struct vouch_image *x86, u32 loads,
				     u32 faults, size_t *len)
{
#define PART(buffer)                        \
	{                                   \
		(buffer).data, (buffer).len \
	}
	struct arm64_parts p = {};
	void *out = NULL;

	arm64_fill(&p, loads);
	arm64_symbols(&p);
	arm64_relocations(&p, faults);
	arm64_manifest(&p, x86);
	{
		const struct vouch_elf_part parts[VOUCH_N_SECTIONS] = {
			[VOUCH_SECTION_TEXT] = PART(p.code),
			[VOUCH_SECTION_RELA_TEXT] = PART(p.relas),
			[VOUCH_SECTION_EX_TABLE] = PART(p.faults),
			[VOUCH_SECTION_RELA_EX_TABLE] = PART(p.fault_relas),
			[VOUCH_SECTION_SLOTS] = { NULL, 8ul * x86->n_slots },
			[VOUCH_SECTION_MODINFO] = PART(p.modinfo),
			[VOUCH_SECTION_THIS_MODULE] =
				arm64_same(x86, VOUCH_SECTION_THIS_MODULE),
			[VOUCH_SECTION_REQUIREMENTS] = PART(p.requirements),
			[VOUCH_SECTION_RECORD] =
				arm64_same(x86, VOUCH_SECTION_RECORD),
			[VOUCH_SECTION_DATA] =
				arm64_same(x86, VOUCH_SECTION_DATA),
			[VOUCH_SECTION_SYMTAB] = PART(p.symbols),
			[VOUCH_SECTION_STRTAB] = PART(p.strings),
		};

		if (vouch_elf_write(&vouch_image_arm64, parts, p.first_import,
				    &out, len))
			abort();
	}
	arm64_seal(out, *len);
	free(p.code.data);
	free(p.relas.data);
	free(p.faults.data);
	free(p.fault_relas.data);
	free(p.symbols.data);
	free(p.strings.data);
	free(p.requirements.data);
	free(p.modinfo.data);
	return out;
#undef PART
}

static inline void *arm64_image(const struct vouch_image *x86, size_t *len)
{
	return arm64_long_image(x86, 0, 0, len);
}

#endif /* VOUCH_ARM64_IMAGE_H */
