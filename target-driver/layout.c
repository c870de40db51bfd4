// SPDX-License-Identifier: GPL-2.0-only

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#include "helpers/export.h"
#include "layout.h"
#include "return.h"

#ifdef CONFIG_ARCH_WANTS_MODULES_DATA_IN_VMALLOC
#error "vouch_target does not know this module layout"
#endif

struct places {
	u64 text_size, sites, ro_size, slots, ro_after_init_size, module;
};

static u64 strict_align(u64 size)
{
	return IS_ENABLED(CONFIG_STRICT_MODULE_RWX) ? PAGE_ALIGN(size) : size;
}

static u64 place(u64 end, u32 section)
{
	return ALIGN(end, vouch_section_rules[section].align);
}

/* In the loader's order: code, read-only, read-only after init, the rest. */
static void compute(const struct vouch_image *img, struct places *p)
{
	p->text_size = strict_align(img->text_len);
	p->sites = place(p->text_size, VOUCH_SECTION_RETURN_SITES);
	p->ro_size = strict_align(p->sites + 4ull * img->n_returns);
	p->slots = place(p->ro_size, VOUCH_SECTION_SLOTS);
	p->ro_after_init_size = strict_align(p->slots + 8ull * img->n_slots);
	p->module = place(p->ro_after_init_size, VOUCH_SECTION_THIS_MODULE);
}

static bool is_confirmed(const struct module *mod, const struct places *p)
{
	const struct module_layout *l = &mod->core_layout;

	return l->text_size == p->text_size && l->ro_size == p->ro_size &&
	       l->ro_after_init_size == p->ro_after_init_size &&
	       (const u8 *)l->base + p->module == (const u8 *)mod &&
	       p->module + sizeof(*mod) <= l->size;
}

/*
 * Behind struct module lie zeros to the end of its page, then the symbols
 * that the loader keeps.
 */
static bool is_last(const struct module *mod, const struct places *p)
{
	const struct module_layout *l = &mod->core_layout;
	const u8 *base = l->base;
	u64 end = p->module + sizeof(*mod), size = strict_align(end);

#ifdef CONFIG_KALLSYMS
	if ((const u8 *)mod->core_kallsyms.symtab !=
	    base + place(size, VOUCH_SECTION_SYMTAB))
		return false;
#else
	if (l->size != size)
		return false;
#endif
	return vouch_all_zero(base + end, size - end);
}

/* What is there until the module is live: symbols, from its start. */
static bool has_init(const struct module *mod)
{
#ifdef CONFIG_KALLSYMS
	return (const void *)rcu_access_pointer(mod->kallsyms)->symtab !=
	       mod->init_layout.base;
#else
	return mod->init_layout.size;
#endif
}

/* Nothing that the loader would act on, but what images have. */
static bool is_plain(const struct module *mod)
{
	if (mod->init || mod->num_syms || mod->num_gpl_syms || mod->num_kp ||
	    mod->num_exentries || mod->init_layout.text_size || has_init(mod) ||
	    mod->noinstr_text_size || (mod->args && *mod->args))
		return false;
#ifdef CONFIG_GENERIC_BUG
	if (mod->num_bugs)
		return false;
#endif
#ifdef CONFIG_TREE_SRCU
	if (mod->num_srcu_structs)
		return false;
#endif
#ifdef CONFIG_FUNCTION_ERROR_INJECTION
	if (mod->num_ei_funcs)
		return false;
#endif
#ifdef CONFIG_LIVEPATCH
	if (mod->klp)
		return false;
#endif
#ifdef CONFIG_MODULE_UNLOAD
	if (mod->exit)
		return false;
#endif
#ifdef CONFIG_CONSTRUCTORS
	if (mod->num_ctors)
		return false;
#endif
#ifdef CONFIG_SMP
	if (mod->percpu_size)
		return false;
#endif
#ifdef CONFIG_TRACEPOINTS
	if (mod->num_tracepoints)
		return false;
#endif
#ifdef CONFIG_JUMP_LABEL
	if (mod->num_jump_entries)
		return false;
#endif
#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
	if (mod->num_static_call_sites)
		return false;
#endif
#ifdef CONFIG_TRACING
	if (mod->num_trace_bprintk_fmt)
		return false;
#endif
#ifdef CONFIG_EVENT_TRACING
	if (mod->num_trace_events || mod->num_trace_evals)
		return false;
#endif
#ifdef CONFIG_FTRACE_MCOUNT_RECORD
	if (mod->num_ftrace_callsites)
		return false;
#endif
#ifdef CONFIG_KPROBES
	if (mod->kprobes_text_size || mod->num_kprobe_blacklist)
		return false;
#endif
	return true;
}

static bool rel32_is(const u8 *field, u64 target)
{
	return (s64)(s32)get_unaligned_le32(field) ==
	       (s64)(target - (unsigned long)field);
}

/* The field of relocation @r as the loader must have left it. */
static bool reloc_ok(const struct vouch_image *img,
		     const struct vouch_layout *l, const Elf64_Rela *r,
		     u32 *n_return)
{
	const u8 *field = l->text + r->r_offset;
	u32 sym = ELF64_R_SYM(r->r_info);
	const char *name;

	if (ELF64_R_TYPE(r->r_info) == R_X86_64_PC32)
		return rel32_is(field, (unsigned long)l->slots + r->r_addend);
	name = vouch_image_symbol(img, sym);
	if (!strcmp(name, VOUCH_RETURN_THUNK)) {
		(*n_return)++;
		return vouch_return_ok(field - 1);
	}
	return rel32_is(field, vouch_export_find(name) + r->r_addend);
}

/* A return's opcode byte is patched as well and judged with its field. */
static u32 reloc_start(const struct vouch_image *img, const Elf64_Rela *r)
{
	if (ELF64_R_TYPE(r->r_info) == R_X86_64_PLT32 &&
	    !strcmp(vouch_image_symbol(img, ELF64_R_SYM(r->r_info)),
		    VOUCH_RETURN_THUNK))
		return r->r_offset - 1;
	return r->r_offset;
}

static bool text_ok(const struct vouch_image *img, const struct vouch_layout *l,
		    const struct places *p)
{
	u32 pos = 0, n_return = 0, i;

	for (i = 0; i < img->n_relas; i++) {
		const Elf64_Rela *r = &img->relas[i];
		u32 start = reloc_start(img, r);

		if (start < pos ||
		    memcmp(l->text + pos, img->text + pos, start - pos) ||
		    !reloc_ok(img, l, r, &n_return))
			return false;
		pos = r->r_offset + 4;
	}
	return n_return == img->n_returns &&
	       !memcmp(l->text + pos, img->text + pos, img->text_len - pos) &&
	       vouch_all_zero(l->text + img->text_len,
			      p->text_size - img->text_len);
}

static bool return_sites_ok(const struct vouch_image *img,
			    const struct vouch_layout *l)
{
	u32 i;

	for (i = 0; i < img->n_returns; i++)
		if (!rel32_is(l->return_sites + 4 * i,
			      (unsigned long)l->text +
				      img->returns[i].r_addend))
			return false;
	return true;
}

/* The slots and what lies behind return sites and slots: nothing as yet. */
static bool rest_ok(const struct vouch_image *img, const struct vouch_layout *l,
		    const u8 *base, const struct places *p)
{
	const u8 *sites_end = l->return_sites + 4ull * img->n_returns;
	const u8 *slots = (const u8 *)l->slots;

	return vouch_all_zero(sites_end, base + p->ro_size - sites_end) &&
	       vouch_all_zero(slots, base + p->ro_after_init_size - slots);
}

int vouch_layout_check(const struct module *mod, const struct vouch_image *img,
		       struct vouch_layout *layout, struct vouch_reason *why)
{
	const u8 *base = mod->core_layout.base;
	struct places p;

	compute(img, &p);
	if (!is_confirmed(mod, &p))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: lies in memory otherwise than the admitted file would; load the very file that was admitted",
			img->name);
	if (!is_plain(mod))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: has code or tables that no image has; load the very file that was admitted, without parameters",
			img->name);
	layout->text = base;
	layout->return_sites = base + p.sites;
	layout->slots = (u64 *)(base + p.slots);
	if (!text_ok(img, layout, &p) || !return_sites_ok(img, layout))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: its code in memory is not the admitted file's; load the very file that was admitted",
			img->name);
	if (!rest_ok(img, layout, base, &p) || !is_last(mod, &p))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: holds more data than the admitted file; load the very file that was admitted",
			img->name);
	return 0;
}
