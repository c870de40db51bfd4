// SPDX-License-Identifier: BSD-2-Clause
/*
 * The image parser, whose file the kernel compiles too. What it accepts must
 * be safe to follow: every pointer it hands out is touched. An input is an
 * image, or, if it does not begin as ELF files do, changes to one; where its
 * first byte is odd, what is behind the changed bytes is moved along. Its bits
 * of 4, 8 and 16 say which image is changed.
 *
 * Parser: common/image.c common/image_form.c common/image_reloc.c
 * Parser: common/image_x86.c common/image_arm64.c common/manifest.c
 */

#include "base.h"

#include "../../common/image_arch.h"
#include "../unit/arm64_image.h"
#include "../unit/loads_fixture.h"
#include "../unit/tail_call_fixture.h"

/* A tail call, a load that may fault, fields that lie elsewhere. */
static void make_jumper(struct fixture *f)
{
	fixture_tail_call(f, THUNK);
	f->env.features |= cpu_to_le32(VOUCH_FEATURE_RETPOLINE);
	fixture_far_load(f, tail_call.at + tail_call.len);
}

/* A callback's address, and two loads that may fault. */
static void make_caller(struct fixture *f)
{
	fixture_init(f);
	fixture_take_address(f);
	fixture_far_load(f, fixture_load(f, marks.mov));
}

/* What the target has elsewhere, and what it has not. */
static void move_fields(struct vouch_checked *chk)
{
	static struct vouch_req_field fields[2];

	fields[0].offset = cpu_to_le32(8);
	fields[0].target_offset = cpu_to_le32(16);
	fields[0].size = cpu_to_le32(8);
	strcpy(fields[0].name, "xdp_md.data");
	fields[1].insn = cpu_to_le32(1);
	strcpy(fields[1].name, "task_struct.none");
	chk->fields = fields;
	chk->n_fields = 2;
}

/* Images that have all tables between them. */
static const struct fuzz_base *other_base(bool jumper)
{
	static const u8 options[VOUCH_HASH_LEN] = { 1 };
	static struct fuzz_base bases[2];
	struct fuzz_base *base = &bases[jumper];
	struct fixture *f = &base->fixture;
	void *image = NULL;

	if (base->image)
		return base;
	if (jumper)
		make_jumper(f);
	else
		make_caller(f);
	fuzz_require(!fixture_check(f));
	if (jumper)
		move_fields(&f->chk);
	fuzz_require(!vouch_link(&f->view, &f->chk, f->target, options, 0,
				 &image, &base->image_len, &f->why));
	base->image = image;
	return base;
}

/* The image for arm64. */
static const struct fuzz_base *arm64_base(void)
{
	static struct fuzz_base base;
	struct vouch_image x86;
	const char *why = NULL;

	if (base.image)
		return &base;
	fuzz_require(!vouch_image_parse(fuzz_base()->image,
					fuzz_base()->image_len, &x86, &why));
	base.image = arm64_image(&x86, &base.image_len);
	return &base;
}

static const struct fuzz_base *chosen_base(u8 how)
{
	if (how & 16)
		return arm64_base();
	return how & 4 ? other_base(how & 8) : fuzz_base();
}

static void follow(const struct vouch_image *img)
{
	u32 i;

	fuzz_touch(img->text, img->text_len);
	fuzz_touch(img->data, img->data_len);
	fuzz_touch(img->name, VOUCH_IMAGE_NAME_LEN + 1);
	fuzz_touch(img->vermagic, strlen(img->vermagic));
	fuzz_touch(img->record, sizeof(*img->record));
	fuzz_touch(img->req.progs, img->req.n_progs * sizeof(*img->req.progs));
	fuzz_touch(img->req.maps, img->req.n_maps * sizeof(*img->req.maps));
	fuzz_touch(img->req.fields,
		   img->req.n_fields * sizeof(*img->req.fields));
	fuzz_touch(img->req.refs, img->req.n_refs * sizeof(*img->req.refs));
	for (i = 0; i < img->n_syms; i++)
		fuzz_touch(vouch_image_symbol(img, i),
			   strlen(vouch_image_symbol(img, i)));
	for (i = 0; i < img->n_relas; i++)
		fuzz_touch(img->text + img->relas[i].r_offset, 4);
	for (i = 0; i < img->n_returns; i++)
		fuzz_touch(img->text + img->returns[i].r_addend, 1);
	for (i = 0; i < img->n_retpolines; i++)
		fuzz_touch(img->text + img->retpolines[i].r_addend, 5);
	fuzz_touch(img->faults, img->n_faults * sizeof(*img->faults));
	for (i = 0; i < VOUCH_IMAGE_N_VOLATILE; i++)
		fuzz_touch(img->file + img->volatiles[i].off,
			   img->volatiles[i].len);
}

static void parse(const u8 *file, size_t len)
{
	struct vouch_image img;
	const char *why = NULL;
	u32 elf_len, sig_len;

	if (vouch_image_split(file, len, &elf_len, &sig_len, &why)) {
		fuzz_require(why);
		elf_len = (u32)len;
	} else {
		fuzz_touch(file + elf_len, sig_len);
	}
	why = NULL;
	if (!vouch_image_parse(file, elf_len, &img, &why))
		follow(&img);
	else
		fuzz_require(why);
}

/* Puts section headers where they belong after bytes came or went: every
 * section keeps its size, and the one that was changed gets @grown more. */
static void mend(struct fuzz_edited *e, u32 changed, s64 grown)
{
	const struct vouch_image_arch *arch;
	Elf64_Shdr s[VOUCH_N_SECTIONS];
	Elf64_Ehdr eh;
	u64 end = sizeof(eh);
	size_t size;
	u32 i;

	if (e->len < sizeof(eh) + sizeof(s))
		return;
	memcpy(&eh, e->data, sizeof(eh));
	arch = vouch_image_arch_by_machine(eh.e_machine);
	if (!arch)
		return;
	size = arch->n_sections * sizeof(s[0]);
	eh.e_shoff = e->len - size;
	memcpy(s, e->data + eh.e_shoff, size);
	s[1 + changed % (arch->n_sections - 1u)].sh_size += (u64)grown;
	for (i = 1; i < arch->n_sections; i++) {
		u64 align = vouch_section_rules[arch->sections[i]].align;

		s[i].sh_offset = (end + align - 1) & ~(align - 1);
		end = s[i].sh_offset;
		if (s[i].sh_type != SHT_NOBITS)
			end += s[i].sh_size;
	}
	memcpy(e->data, &eh, sizeof(eh));
	memcpy(e->data + eh.e_shoff, s, size);
}

/* A trailer as the kernel's sign-file writes it. */
static void add_trailer(struct fuzz_edited *e, u8 sig_len)
{
	struct vouch_module_signature sig = { .id_type = 2 };
	size_t marker = sizeof(VOUCH_MODULE_SIG_STRING) - 1;

	if (e->len + sizeof(sig) + marker > e->max)
		return;
	sig.sig_len[3] = sig_len;
	memcpy(e->data + e->len, &sig, sizeof(sig));
	memcpy(e->data + e->len + sizeof(sig), VOUCH_MODULE_SIG_STRING, marker);
	e->len += sizeof(sig) + marker;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fuzz_base *base;
	struct fuzz_input in = { data, len };
	struct fuzz_edited e;
	u8 how, section, *copy;

	if (len && data[0] == ELFMAG0) {
		copy = fuzz_copy(data, len);
	} else {
		how = fuzz_u8(&in);
		base = chosen_base(how);
		e = fuzz_editable(base->image, base->image_len);
		section = fuzz_u8(&in);
		if (how & 2)
			add_trailer(&e, section);
		fuzz_edit(&e, &in);
		if (how & 1)
			mend(&e, section, (s64)(e.len - base->image_len));
		len = e.len;
		copy = fuzz_edited_end(&e);
	}
	parse(copy, len);
	free(copy);
	return 0;
}
