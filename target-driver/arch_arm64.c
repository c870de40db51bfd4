// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jumps to what a bl does not reach are in .plt, of which the loader makes as
 * many as it may need, before it knows where the module is, and one more. It
 * fills them as it goes, leaves out places that a CPU's erratum forbids, and
 * finds only the latest again (kernel, arch/arm64/kernel/module-plts.c). So
 * which is where is not computed anew: each place is empty, or a jump to what
 * the image imports, and a call goes to a jump to what it is a call of.
 */

#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/cpufeature.h>
#include <linux/elf.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <asm/ftrace.h>

#include "arch.h"
#include "helpers/export.h"

#define WORD 4 /* bytes of an instruction */
#define BL 0x94000000u
#define BL_OFFSET GENMASK(25, 0)
#define LITERAL 0x58000000u
#define LITERAL_OFFSET GENMASK(23, 5)
#define LITERAL_REG GENMASK(4, 0)
/* adrp x16, ..; add x16, x16, #..; br x16 */
#define ADRP 0x90000010u
#define ADRP_LOW GENMASK(30, 29)
#define ADRP_HIGH GENMASK(23, 5)
#define ADD 0x91000210u
#define ADD_OFFSET GENMASK(21, 10)
#define BR 0xd61f0200u

const struct vouch_image_arch *const vouch_arch_image = &vouch_image_arm64;

int vouch_arch_init(void)
{
	return 0;
}

const char *vouch_arch_missing(const struct vouch_image *img, u32 features)
{
	if (IS_ENABLED(CONFIG_ARM64_BTI_KERNEL) && system_supports_bti())
		return "bti at its entries";
	if (features)
		return "code without features of another architecture";
	return NULL;
}

#ifdef CONFIG_ARM64_MODULE_PLTS
void vouch_arch_section(const struct module *mod, u32 section, u64 *size,
			u64 *align)
{
	const u64 entry = sizeof(struct plt_entry);

	switch (section) {
	case VOUCH_SECTION_PLT:
		*size = entry * (mod->arch.core.plt_max_entries + 1);
		*align = L1_CACHE_BYTES;
		break;
	case VOUCH_SECTION_INIT_PLT:
		*size = entry;
		*align = L1_CACHE_BYTES;
		break;
	case VOUCH_SECTION_FTRACE:
		*size = entry * NR_FTRACE_PLTS;
		*align = __alignof__(struct plt_entry);
		break;
	}
}
#else
void vouch_arch_section(const struct module *mod, u32 section, u64 *size,
			u64 *align)
{
}
#endif

u32 vouch_arch_field(const struct vouch_image *img, const Elf64_Rela *r,
		     u32 *start)
{
	*start = r->r_offset;
	return r->r_offset + WORD;
}

static u32 word_at(const void *p)
{
	return le32_to_cpup(p);
}

/* Where a bl goes, or 0 if it is none. */
static u64 bl_target(const u8 *at)
{
	u32 insn = word_at(at);

	if ((insn & ~BL_OFFSET) != BL)
		return 0;
	return (u64)at + WORD * sign_extend64(insn & BL_OFFSET, 25);
}

/* Where a jump of the loader's goes, or 0 if it is none. */
static u64 jump_target(const struct plt_entry *jump)
{
	u32 adrp = le32_to_cpu(jump->adrp), add = le32_to_cpu(jump->add);
	s64 pages;

	if ((adrp & ~(ADRP_LOW | ADRP_HIGH)) != ADRP ||
	    (add & ~ADD_OFFSET) != ADD || le32_to_cpu(jump->br) != BR)
		return 0;
	pages = sign_extend64(
		(adrp & ADRP_HIGH) >> 5 << 2 | (adrp & ADRP_LOW) >> 29, 20);
	return ((u64)jump & ~(SZ_4K - 1ull)) + pages * SZ_4K +
	       ((add & ADD_OFFSET) >> 10);
}

static u32 n_jumps(const struct vouch_layout *l)
{
	return l->size[VOUCH_SECTION_PLT] / sizeof(struct plt_entry);
}

/* Of that place in .plt, or NULL if it is none. */
static const struct plt_entry *jump_at(const struct vouch_layout *l, u64 at)
{
	u64 off = at - (u64)l->at[VOUCH_SECTION_PLT];

	if (off / sizeof(struct plt_entry) >= n_jumps(l) ||
	    off % sizeof(struct plt_entry))
		return NULL;
	return (const void *)(unsigned long)at;
}

static bool call_ok(const struct vouch_image *img, const struct vouch_layout *l,
		    const Elf64_Rela *r)
{
	u64 to = bl_target(l->text + r->r_offset);
	u64 export = vouch_export_find(
		vouch_image_symbol(img, ELF64_R_SYM(r->r_info)));
	const struct plt_entry *jump = jump_at(l, to);

	return export &&
	       (to == export || (jump && jump_target(jump) == export));
}

static bool literal_ok(const struct vouch_image *img,
		       const struct vouch_layout *l, const Elf64_Rela *r)
{
	const u8 *at = l->text + r->r_offset;
	u32 insn = word_at(at), was = word_at(img->text + r->r_offset);
	s64 off = WORD * sign_extend64((insn & LITERAL_OFFSET) >> 5, 18);

	return (insn & ~LITERAL_OFFSET) == was &&
	       (was & ~LITERAL_REG) == LITERAL &&
	       (u64)at + off == (u64)l->slots + r->r_addend;
}

bool vouch_arch_field_ok(const struct vouch_image *img,
			 const struct vouch_layout *l, const Elf64_Rela *r)
{
	if (ELF64_R_TYPE(r->r_info) == img->arch->slot)
		return literal_ok(img, l, r);
	return call_ok(img, l, r);
}

bool vouch_arch_tables_ok(const struct vouch_image *img,
			  const struct vouch_layout *l)
{
	return true;
}

static bool is_import(const struct vouch_image *img, u64 target)
{
	u32 i;

	for (i = img->first_import; i < img->n_syms; i++)
		if (vouch_export_find(vouch_image_symbol(img, i)) == target)
			return true;
	return false;
}

static bool jumps_ok(const struct vouch_image *img,
		     const struct vouch_layout *l)
{
	const struct plt_entry *jump = (const void *)l->at[VOUCH_SECTION_PLT];
	u32 i;

	for (i = 0; i < n_jumps(l); i++, jump++) {
		u64 to;

		if (vouch_all_zero(jump, sizeof(*jump)))
			continue;
		to = jump_target(jump);
		if (!to || !is_import(img, to))
			return false;
	}
	return true;
}

/*
 * What traced functions would jump to: the same in every module, so in this
 * one. An image has none.
 */
static bool trampolines_ok(const struct module *mod,
			   const struct vouch_layout *l)
{
#if defined(CONFIG_ARM64_MODULE_PLTS) && defined(CONFIG_DYNAMIC_FTRACE)
	const struct plt_entry *is = mod->arch.ftrace_trampolines;
	const struct plt_entry *ours = THIS_MODULE->arch.ftrace_trampolines;
	u32 i;

	if ((const u8 *)is != l->at[VOUCH_SECTION_FTRACE])
		return false;
	for (i = 0; i < NR_FTRACE_PLTS; i++)
		if (jump_target(&is[i]) != jump_target(&ours[i]) ||
		    (!jump_target(&is[i]) &&
		     !vouch_all_zero(&is[i], sizeof(is[i]))))
			return false;
	return true;
#else
	return vouch_all_zero(l->at[VOUCH_SECTION_FTRACE],
			      l->size[VOUCH_SECTION_FTRACE]);
#endif
}

bool vouch_arch_behind_ok(const struct module *mod,
			  const struct vouch_image *img,
			  const struct vouch_layout *l)
{
	const u8 *plt = l->at[VOUCH_SECTION_PLT];
	const u8 *plt_end = plt + l->size[VOUCH_SECTION_PLT];
	const u8 *trampolines = l->at[VOUCH_SECTION_FTRACE];
	const u8 *last = trampolines + l->size[VOUCH_SECTION_FTRACE];
	const u8 *end = l->text + img->text_len;

	return vouch_all_zero(end, plt - end) && jumps_ok(img, l) &&
	       vouch_all_zero(plt_end, trampolines - plt_end) &&
	       trampolines_ok(mod, l) &&
	       vouch_all_zero(last, l->text + l->text_size - last);
}
