// SPDX-License-Identifier: BSD-2-Clause
/* A last look at a linked image: does it hold an address of a kernel? */

#include <stdlib.h>

#include "../common/image.h"
#include "arch.h"
#include "object.h"
#include "scan.h"

/* An image while it is looked at. */
struct scan {
	const struct vouch_image *img;
	const struct vouch_object *object;
	const struct vouch_arch *arch;
	struct vouch_disasm *disasm;
	struct vouch_refusal *why;
};

static bool is_kernel(const struct scan *s, u64 value)
{
	return value >= s->arch->kernel_start && value < s->arch->kernel_end;
}

static bool is_explained(const struct scan *s, u64 value)
{
	if (!is_kernel(s, value))
		return true;
	if (vouch_object_has64(s->object, value))
		return true;
	return (u64)(s64)(s32)value == value &&
	       vouch_object_has32(s->object, (u32)value);
}

static bool scan_insn(const struct scan *s,
		      const struct vouch_disasm_insn *insn,
		      struct vouch_number_run *run, u64 *bad)
{
	u64 numbers[VOUCH_ARCH_NUMBERS];
	u32 n = s->arch->numbers(insn, run, numbers), i;

	for (i = 0; i < n; i++) {
		*bad = numbers[i];
		if (!is_explained(s, *bad))
			return false;
	}
	return true;
}

static int scan_function(struct scan *s, u32 sym)
{
	const Elf64_Sym *f = &s->img->syms[sym];
	const u8 *code = s->img->text + f->st_value;
	struct vouch_number_run run = {};
	struct vouch_disasm_insn insn;
	u64 off = 0, bad;

	while (off < f->st_size) {
		if (vouch_disasm_step(s->disasm, code + off, f->st_size - off,
				      &insn))
			return vouch_refuse(s->why,
					    "image: function %s holds what is "
					    "no instruction, at 0x%llx; please "
					    "report this",
					    vouch_image_symbol(s->img, sym),
					    (unsigned long long)off);
		if (!scan_insn(s, &insn, &run, &bad))
			return vouch_refuse(
				s->why,
				"image: function %s holds 0x%llx at 0x%llx, "
				"which may be an address of the verifier "
				"kernel and is no constant of the object; "
				"please report this",
				vouch_image_symbol(s->img, sym),
				(unsigned long long)bad,
				(unsigned long long)off);
		off += insn.len;
	}
	return 0;
}

/* Does a map of the object start with these bytes at any place? */
static bool is_variable(const struct scan *s, const u8 bytes[8])
{
	u32 i;

	for (i = 0; i < s->object->n_maps; i++) {
		const struct vouch_object_map *m = &s->object->maps[i];

		if (m->data && memmem(m->data, m->value_size, bytes, 8))
			return true;
	}
	return false;
}

/* Variables lie at any address that their type allows, or none does. */
static int scan_map(struct scan *s, const struct vouch_req_map *m)
{
	const u8 *data = s->img->data + le32_to_cpu(m->data_off);
	u32 at, len = le32_to_cpu(m->data_len);
	u64 value;

	for (at = 0; at + sizeof(value) <= len; at++) {
		memcpy(&value, data + at, sizeof(value));
		if (!is_kernel(s, value) || is_variable(s, data + at))
			continue;
		return vouch_refuse(s->why,
				    "image: map %s starts with 0x%llx at byte "
				    "%u, which may be an address of the "
				    "verifier kernel and is not in the object; "
				    "please report this",
				    m->name, (unsigned long long)value, at);
	}
	return 0;
}

int vouch_scan_image(const void *image, size_t len, const void *object,
		     size_t object_len, const json_t *options,
		     const struct vouch_profile *profile,
		     struct vouch_refusal *why)
{
	struct vouch_object own = {};
	struct vouch_image img;
	struct scan s = { .img = &img, .object = &own, .why = why };
	const char *text;
	int ret;
	u32 i;

	if (vouch_image_parse(image, len, &img, &text))
		return vouch_refuse(why, "image: %s; please report this", text);
	ret = vouch_object_read(object, object_len, options, profile, &own,
				why);
	s.arch = vouch_arch_by_number(le32_to_cpu(img.req.req->arch));
	s.disasm = s.arch ? vouch_disasm_new(s.arch->number) : NULL;
	if (!ret && !s.disasm)
		ret = -ENOMEM;
	for (i = VOUCH_SYM_SLOTS + 1; !ret && i < img.first_import; i++)
		ret = scan_function(&s, i);
	for (i = 0; !ret && i < img.req.n_maps; i++)
		ret = scan_map(&s, &img.req.maps[i]);
	vouch_disasm_free(s.disasm);
	vouch_object_release(&own);
	return ret;
}
