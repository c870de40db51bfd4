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
	u64 text_size, returns, retpolines, faults, faults_end, ro_size;
	u64 slots, ro_after_init_size, module;
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
	p->returns = place(p->text_size, VOUCH_SECTION_RETURN_SITES);
	p->retpolines = place(p->returns + 4ull * img->n_returns,
			      VOUCH_SECTION_RETPOLINE_SITES);
	p->faults = place(p->retpolines + 4ull * img->n_retpolines,
			  VOUCH_SECTION_EX_TABLE);
	p->faults_end = p->faults + sizeof(*img->faults) * img->n_faults;
	p->ro_size = strict_align(p->faults_end);
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
static bool is_plain(const struct module *mod, const struct vouch_image *img,
		     const struct vouch_layout *l)
{
	if (mod->init || mod->num_syms || mod->num_gpl_syms || mod->num_kp ||
	    mod->num_exentries != img->n_faults ||
	    (img->n_faults && (const u8 *)mod->extable != l->faults) ||
	    mod->init_layout.text_size || has_init(mod) ||
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

/* Sites of which the loader makes what the CPU needs. */
static bool is_site(const struct vouch_image *img, const Elf64_Rela *r,
		    const char *thunk)
{
	return ELF64_R_TYPE(r->r_info) == R_X86_64_PLT32 &&
	       !strcmp(vouch_image_symbol(img, ELF64_R_SYM(r->r_info)), thunk);
}

static u32 reloc_size(const Elf64_Rela *r)
{
	return ELF64_R_TYPE(r->r_info) == R_X86_64_64 ? 8 : 4;
}

/* The field of relocation @r as the loader must have left it. */
static bool reloc_ok(const struct vouch_image *img,
		     const struct vouch_layout *l, const Elf64_Rela *r)
{
	const u8 *field = l->text + r->r_offset;
	u32 sym = ELF64_R_SYM(r->r_info);
	const char *name;

	if (ELF64_R_TYPE(r->r_info) == R_X86_64_PC32)
		return rel32_is(field, (unsigned long)l->slots + r->r_addend);
	if (ELF64_R_TYPE(r->r_info) == R_X86_64_64)
		return get_unaligned_le64(field) ==
		       (unsigned long)l->text + r->r_addend;
	if (is_site(img, r, VOUCH_RETURN_THUNK))
		return vouch_return_ok(field - 1);
	if (is_site(img, r, VOUCH_INDIRECT_THUNK))
		return vouch_return_jump_ok(field - 1);
	name = vouch_image_symbol(img, sym);
	return rel32_is(field, vouch_export_find(name) + r->r_addend);
}

/* A site's opcode byte is patched as well and judged with its field. */
static u32 reloc_start(const struct vouch_image *img, const Elf64_Rela *r)
{
	if (is_site(img, r, VOUCH_RETURN_THUNK) ||
	    is_site(img, r, VOUCH_INDIRECT_THUNK))
		return r->r_offset - 1;
	return r->r_offset;
}

static bool text_ok(const struct vouch_image *img, const struct vouch_layout *l,
		    const struct places *p)
{
	u32 pos = 0, i;

	for (i = 0; i < img->n_relas; i++) {
		const Elf64_Rela *r = &img->relas[i];
		u32 start = reloc_start(img, r);

		if (start < pos ||
		    memcmp(l->text + pos, img->text + pos, start - pos) ||
		    !reloc_ok(img, l, r))
			return false;
		pos = r->r_offset + reloc_size(r);
	}
	return !memcmp(l->text + pos, img->text + pos, img->text_len - pos) &&
	       vouch_all_zero(l->text + img->text_len,
			      p->text_size - img->text_len);
}

static bool sites_ok(const struct vouch_layout *l, const u8 *sites,
		     const Elf64_Rela *relas, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (!rel32_is(sites + 4 * i,
			      (unsigned long)l->text + relas[i].r_addend))
			return false;
	return true;
}

/* Entries ascend, so that the loader's sorting changes nothing. */
static bool faults_ok(const struct vouch_image *img,
		      const struct vouch_layout *l)
{
	u32 i;

	for (i = 0; i < img->n_faults; i++) {
		const u8 *entry = l->faults + sizeof(*img->faults) * i;
		const Elf64_Rela *r = &img->fault_relas[2 * i];

		if (!rel32_is(entry, (unsigned long)l->text + r[0].r_addend) ||
		    !rel32_is(entry + 4,
			      (unsigned long)l->text + r[1].r_addend) ||
		    get_unaligned_le32(entry + 8) !=
			    le32_to_cpu(img->faults[i].data))
			return false;
	}
	return true;
}

static bool tables_ok(const struct vouch_image *img,
		      const struct vouch_layout *l)
{
	return sites_ok(l, l->return_sites, img->returns, img->n_returns) &&
	       sites_ok(l, l->retpoline_sites, img->retpolines,
			img->n_retpolines) &&
	       faults_ok(img, l);
}

/* The slots and what lies behind tables and slots: nothing as yet. */
static bool rest_ok(const struct vouch_layout *l, const u8 *base,
		    const struct places *p)
{
	const u8 *end = base + p->faults_end;
	const u8 *slots = (const u8 *)l->slots;

	return vouch_all_zero(end, base + p->ro_size - end) &&
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
	layout->text = base;
	layout->return_sites = base + p.returns;
	layout->retpoline_sites = base + p.retpolines;
	layout->faults = base + p.faults;
	layout->slots = (u64 *)(base + p.slots);
	if (!is_plain(mod, img, layout))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: has code or tables that no image has; load the very file that was admitted, without parameters",
			img->name);
	if (!text_ok(img, layout, &p) || !tables_ok(img, layout))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: its code in memory is not the admitted file's; load the very file that was admitted",
			img->name);
	if (!rest_ok(layout, base, &p) || !is_last(mod, &p))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: holds more data than the admitted file; load the very file that was admitted",
			img->name);
	return 0;
}
