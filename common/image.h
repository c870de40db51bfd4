/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The image: a signed, relocatable kernel module of one fixed shape.
 *
 * An image is an ELF64 ET_REL file as the kernel's module loader takes it,
 * followed by a CMS signature in the kernel's own format (struct
 * module_signature, MODULE_SIG_STRING). Its shape leaves no choice to whoever
 * writes it, so that "closed list" can be checked by comparing:
 *
 *  - The ELF header; then the sections of its architecture's list, all
 *    present, in that order, with the names, types, flags, links and alignments
 *    of the table in image_form.c, each at the next offset that its alignment
 *    allows, zero bytes between; then the section headers, aligned to 8; then
 *    the end of the file (or the signature).
 *  - .text: the programs' functions, each at a multiple of 16.
 *  - .rela.text: by ascending offset, fields that do not overlap: to imported
 *    symbols, and to slots.
 *  - __ex_table, .rela__ex_table: for each load that may fault, in ascending
 *    order, eight zero bytes and a word that says which register becomes 0,
 *    with a relocation to .text + the load and one to .text + the instruction
 *    behind it.
 *  - .data..ro_after_init (NOBITS): the pointer table, eight bytes a slot.
 *  - .modinfo: exactly "license=", "vermagic=", "name=", "depends=", and
 *    "import_ns=", then on x86-64 "retpoline=Y" if the image is.
 *  - .gnu.linkonce.this_module: zero but for the name: "vouch_" and the first
 *    16 hexadecimal digits of the content hash. No init, no exit.
 *  - .note.vouch.requirements, .note.vouch.record: one note each, manifest.h.
 *    The requirements' architecture is that of the ELF header.
 *  - .vouch.data: starting values of maps.
 *  - .symtab: the null symbol; the section symbols of .text and
 *    .data..ro_after_init; one local function symbol for each function,
 *    ascending, covering it; then the imports, sorted by name: global,
 *    undefined, NOTYPE. .strtab and .shstrtab hold their names in that
 *    order, once each, and nothing else.
 *
 * On x86-64 (image_x86.c):
 *
 *  - int3 between functions.
 *  - Fields of .text are zero bytes. Of four: PLT32 - 4 to an imported symbol;
 *    PC32 + 8 * slot - 4 to the section symbol of .data..ro_after_init. Of
 *    eight, as the immediate of a movabs: 64 to .text + where a function
 * starts.
 *  - .return_sites, .rela.return_sites: for each return, in ascending order,
 *    four zero bytes and a PC32 to .text + offset, where an e9 stands whose
 *    target is __x86_return_thunk.
 *  - .retpoline_sites, .rela.retpoline_sites: likewise for each e9 whose
 *    target is __x86_indirect_thunk_rcx.
 *  - __ex_table: PC32; the word is 17 + 256 * register (EX_TYPE_IMM_REG). The
 *    load is a mov or movzx from [base + displacement] to that register.
 *
 * On arm64 (image_arm64.c):
 *
 *  - "brk #0x100" (AARCH64_BREAK_FAULT) between functions, which are whole
 *    words. .text is of at most VOUCH_ARM64_MAX_TEXT bytes, since a load has
 *    its slot at most 1 MiB off, and __ex_table, which lies between them in
 *    memory, of VOUCH_ARM64_MAX_FAULTS entries.
 *  - Fields of .text are instructions: "bl" to itself with CALL26 + 0 to an
 *    imported symbol; "ldr xN" from itself with LD_PREL_LO19 + 8 * slot to the
 *    section symbol of .data..ro_after_init, where N is one of the registers
 *    that programs have for R0 to R9 and the JIT's own: 0 to 4, 7, 9, 19 to 22.
 *    Calls and addresses of functions need none.
 *  - .plt, .init.plt, .text.ftrace_trampoline (NOBITS, empty): in them the
 *    module loader puts its jumps to what is too far off for a bl.
 *  - __ex_table: PREL32; the word is 3 + 65536 * (31 + 32 * register)
 *    (EX_TYPE_KACCESS_ERR_ZERO, the error to no register). The load is ldr,
 *    ldrh or ldrb from [base + offset] or [base + register] to that register.
 *
 * The content hash is the SHA-256 of the file without its signature, with
 * these bytes replaced by zero: the 16 digits in .modinfo and in this_module,
 * requirements.content, and the record's descriptor.
 */
#ifndef VOUCH_IMAGE_H
#define VOUCH_IMAGE_H

#include "base.h"
#include "manifest.h"

#define VOUCH_IMAGE_MAX (64u << 20) /* bytes, signature included */
#define VOUCH_IMAGE_PREFIX "vouch_"
#define VOUCH_IMAGE_NAME_LEN 22 /* prefix and digits, without NUL */
#define VOUCH_IMAGE_DIGITS 16
#define VOUCH_IMAGE_NAMESPACE "VOUCH"
#define VOUCH_IMAGE_DEPENDS "vouch_target"
#define VOUCH_EXPORT_PREFIX "vouch_bpf_" /* of every imported helper */
#define VOUCH_RETURN_THUNK "__x86_return_thunk"
#define VOUCH_INDIRECT_THUNK "__x86_indirect_thunk_rcx"
#define VOUCH_MAX_SIG 1024u /* bytes of the CMS */

/*
 * Between an instruction and its slot lie, in the loader's layout and with
 * pages of 64 KiB at worst: the code, 12 bytes for each import and a few more,
 * up to a page, 12 bytes for each load that may fault, up to a page, 8 bytes
 * for each of VOUCH_MAX_SLOTS_REFS slots. That is less than 900 KiB of 1 MiB.
 */
#define VOUCH_ARM64_MAX_TEXT (512u << 10) /* bytes */
#define VOUCH_ARM64_MAX_FAULTS 16384u

struct vouch_image_arch;

/* All that images of any architecture have. */
enum vouch_section {
	VOUCH_SECTION_NULL,
	VOUCH_SECTION_TEXT,
	VOUCH_SECTION_RELA_TEXT,
	VOUCH_SECTION_RETURN_SITES,
	VOUCH_SECTION_RELA_RETURN_SITES,
	VOUCH_SECTION_RETPOLINE_SITES,
	VOUCH_SECTION_RELA_RETPOLINE_SITES,
	VOUCH_SECTION_PLT,
	VOUCH_SECTION_INIT_PLT,
	VOUCH_SECTION_FTRACE,
	VOUCH_SECTION_EX_TABLE,
	VOUCH_SECTION_RELA_EX_TABLE,
	VOUCH_SECTION_SLOTS,
	VOUCH_SECTION_MODINFO,
	VOUCH_SECTION_THIS_MODULE,
	VOUCH_SECTION_REQUIREMENTS,
	VOUCH_SECTION_RECORD,
	VOUCH_SECTION_DATA,
	VOUCH_SECTION_SYMTAB,
	VOUCH_SECTION_STRTAB,
	VOUCH_SECTION_SHSTRTAB,
	VOUCH_N_SECTIONS,
};

/* What every section of a kind must be; the index is enum vouch_section. An
 * architecture's list has some of them, and link and info mean those of it. */
struct vouch_section_rule {
	const char *name;
	u32 type;
	u64 flags;
	u32 link; /* enum vouch_section, or 0 */
	u32 info; /* enum vouch_section, or 0; .symtab: first global */
	u64 align;
	u64 entsize;
};
extern const struct vouch_section_rule vouch_section_rules[VOUCH_N_SECTIONS];

/**
 * vouch_image_name_ok() - whether a text is the name of an image.
 * @s: text
 * @size: bytes that may be read at @s
 *
 * Return: true for VOUCH_IMAGE_PREFIX, VOUCH_IMAGE_DIGITS lower-case
 * hexadecimal digits and a NUL.
 */
bool vouch_image_name_ok(const char *s, size_t size);

/* An entry of __ex_table; insn and fixup are relocated. */
struct vouch_ex_entry {
	__le32 insn;
	__le32 fixup;
	__le32 data; /* VOUCH_X86_EX_DATA() or VOUCH_ARM64_EX_DATA() */
};
VOUCH_ASSERT_SIZE(struct vouch_ex_entry, 12);
/* EX_TYPE_IMM_REG, 0 */
#define VOUCH_X86_EX_DATA(reg) (17u | (reg) << 8)
/* EX_TYPE_KACCESS_ERR_ZERO; the error to the zero register */
#define VOUCH_ARM64_EX_DATA(reg) (3u | (31u | (reg) << 5) << 16)

/* Where the note's descriptor starts in its section. */
#define VOUCH_NOTE_DESC_OFF 24

struct vouch_image_range {
	u32 off, len; /* in the file, bytes */
};
#define VOUCH_IMAGE_N_VOLATILE 4

/* A parsed image: pointers into the caller's buffer. */
struct vouch_image {
	const u8 *file;
	u32 len; /* of the ELF file, without the signature */
	const struct vouch_image_arch *arch;
	const Elf64_Shdr
		*sections; /* in the order of the architecture's list */
	const u8 *text;
	u32 text_len;
	const Elf64_Rela *relas; /* of .text */
	u32 n_relas;
	const Elf64_Rela *returns; /* of x86-64, as the three below */
	u32 n_returns;
	const Elf64_Rela *retpolines;
	u32 n_retpolines;
	const struct vouch_ex_entry *faults;
	const Elf64_Rela *fault_relas; /* two for each */
	u32 n_faults;
	u32 n_slots;
	const Elf64_Sym *syms;
	u32 n_syms, first_import;
	const char *strtab;
	const char *modinfo; /* n tags, each NUL-terminated */
	u32 modinfo_len;
	const char *vermagic; /* within modinfo */
	const char *name; /* within this_module, NUL-terminated */
	u32 name_off; /* of the name in struct module */
	u32 module_size; /* sizeof(struct module) */
	bool retpoline;
	struct vouch_requirements_view req;
	const struct vouch_record *record;
	const u8 *data;
	u32 data_len;
	/* What the content hash takes as zero, ascending. */
	struct vouch_image_range volatiles[VOUCH_IMAGE_N_VOLATILE];
};

/**
 * vouch_image_parse() - hold a file against the one shape that images have.
 * @file: the file without its signature; 8-byte aligned; must outlive @img
 * @len: its length in bytes
 * @img: filled on success
 * @why: set to a constant text that says what is wrong, on error
 *
 * The closed list of the signer and of admission. It checks all that the
 * prose above says, but for the content hash, the symbols' being offered, and
 * whether the requirements suit a target.
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_image_parse(const void *file, size_t len, struct vouch_image *img,
		      const char **why);

/**
 * vouch_image_split() - find the signature behind an image.
 * @file: the whole file
 * @len: its length in bytes
 * @elf_len: length of the ELF file
 * @sig_len: length of the CMS that follows it
 * @why: set to a constant text that says what is wrong, on error
 *
 * Source of the format: kernel, include/linux/module_signature.h.
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_image_split(const void *file, size_t len, u32 *elf_len, u32 *sig_len,
		      const char **why);

/**
 * vouch_image_symbol() - name of an imported symbol.
 * @img: a parsed image
 * @sym: index of the symbol, below img->n_syms
 *
 * Return: the NUL-terminated name, within the image.
 */
const char *vouch_image_symbol(const struct vouch_image *img, u32 sym);

/**
 * vouch_image_check_relocations() - the part of vouch_image_parse() that
 * checks relocations, and the sites and faults that they make.
 * @img: an image whose sections, symbols and requirements are parsed
 *
 * Return: NULL, or a constant text that says what is wrong.
 */
const char *vouch_image_check_relocations(struct vouch_image *img);

/**
 * vouch_image_header() - the header of a section.
 * @img: an image whose sections are checked
 * @i: enum vouch_section
 *
 * Return: the header, or the null section's if such images have none.
 */
const Elf64_Shdr *vouch_image_header(const struct vouch_image *img, u32 i);

/**
 * vouch_image_section() - contents of a section.
 * @img: an image whose sections are checked
 * @i: enum vouch_section
 * @size: set to its size in bytes, 0 if such images have none
 *
 * Return: where it starts.
 */
const void *vouch_image_section(const struct vouch_image *img, u32 i,
				u32 *size);

/* Symbols that every image begins with. */
#define VOUCH_SYM_TEXT 1
#define VOUCH_SYM_SLOTS 2

/* The kernel's struct module_signature and its marker. */
struct vouch_module_signature {
	u8 algo, hash;
	u8 id_type; /* 2: PKCS#7 */
	u8 signer_len, key_id_len;
	u8 pad[3];
	u8 sig_len[4]; /* big-endian */
};
VOUCH_ASSERT_SIZE(struct vouch_module_signature, 12);
#define VOUCH_MODULE_SIG_STRING "~Module signature appended~\n"

#endif /* VOUCH_IMAGE_H */
