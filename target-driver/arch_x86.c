// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cpufeature.h>
#include <linux/elf.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#include "arch.h"
#include "arch_x86_return.h"
#include "helpers/export.h"

const struct vouch_image_arch *const vouch_arch_image = &vouch_image_x86;

int vouch_arch_init(void)
{
	return vouch_return_init();
}

const char *vouch_arch_missing(const struct vouch_image *img, u32 features)
{
	if (vouch_return_is_thunk() &&
	    (!(features & VOUCH_FEATURE_RETHUNK) || !img->n_returns))
		return "return thunks";
	if (!IS_ENABLED(CONFIG_RETHUNK) && img->n_returns)
		return "plain returns";
	if (IS_ENABLED(CONFIG_RETPOLINE) && !img->retpoline)
		return "retpolines";
	if (cpu_feature_enabled(X86_FEATURE_IBT) &&
	    !(features & VOUCH_FEATURE_IBT))
		return "endbr64 at its entries";
	/* Else a check of addresses lets kernel ones of LA57 through. */
	if (cpu_feature_enabled(X86_FEATURE_LA57) &&
	    !(features & VOUCH_FEATURE_LA57))
		return "five-level page tables";
	if (features & VOUCH_FEATURE_CALL_DEPTH)
		return "code without call-depth counting";
	return NULL;
}

void vouch_arch_section(const struct module *mod, u32 section, u64 *size,
			u64 *align)
{
}

/* Sites of which the loader makes what the CPU needs. */
static bool is_site(const struct vouch_image *img, const Elf64_Rela *r,
		    const char *thunk)
{
	return ELF64_R_TYPE(r->r_info) == img->arch->call &&
	       !strcmp(vouch_image_symbol(img, ELF64_R_SYM(r->r_info)), thunk);
}

/* A site's opcode byte is patched as well and judged with its field. */
u32 vouch_arch_field(const struct vouch_image *img, const Elf64_Rela *r,
		     u32 *start)
{
	*start = r->r_offset;
	if (is_site(img, r, VOUCH_RETURN_THUNK) ||
	    is_site(img, r, VOUCH_INDIRECT_THUNK))
		*start -= 1;
	return r->r_offset + vouch_image_field(img, r);
}

bool vouch_arch_field_ok(const struct vouch_image *img,
			 const struct vouch_layout *l, const Elf64_Rela *r)
{
	const u8 *field = l->text + r->r_offset;
	u32 type = ELF64_R_TYPE(r->r_info);
	const char *name;

	if (type == img->arch->slot)
		return vouch_layout_leads(field, (unsigned long)l->slots +
							 r->r_addend);
	if (type == img->arch->wide)
		return get_unaligned_le64(field) ==
		       (unsigned long)l->text + r->r_addend;
	if (is_site(img, r, VOUCH_RETURN_THUNK))
		return vouch_return_ok(field - 1);
	if (is_site(img, r, VOUCH_INDIRECT_THUNK))
		return vouch_return_jump_ok(field - 1);
	name = vouch_image_symbol(img, ELF64_R_SYM(r->r_info));
	return vouch_layout_leads(field, vouch_export_find(name) + r->r_addend);
}

static bool sites_ok(const struct vouch_layout *l, u32 section,
		     const Elf64_Rela *relas, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (!vouch_layout_leads(l->at[section] + 4 * i,
					(unsigned long)l->text +
						relas[i].r_addend))
			return false;
	return true;
}

bool vouch_arch_tables_ok(const struct vouch_image *img,
			  const struct vouch_layout *l)
{
	return sites_ok(l, VOUCH_SECTION_RETURN_SITES, img->returns,
			img->n_returns) &&
	       sites_ok(l, VOUCH_SECTION_RETPOLINE_SITES, img->retpolines,
			img->n_retpolines);
}

bool vouch_arch_behind_ok(const struct module *mod,
			  const struct vouch_image *img,
			  const struct vouch_layout *l)
{
	return vouch_all_zero(l->text + img->text_len,
			      l->text_size - img->text_len);
}
