// SPDX-License-Identifier: GPL-2.0-only

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#include "arch.h"
#include "layout.h"

#ifdef CONFIG_ARCH_WANTS_MODULES_DATA_IN_VMALLOC
#error "vouch_target does not know this module layout"
#endif

/* In the loader's order. */
enum part { CODE, READ_ONLY, RO_AFTER_INIT, WRITABLE, N_PARTS };

struct places {
	u64 at[VOUCH_N_SECTIONS], size[VOUCH_N_SECTIONS];
	u64 end[N_PARTS]; /* of each part */
	u64 init_code; /* of what is freed when the module is live */
	u64 module, faults_end;
};

static u64 strict_align(u64 size)
{
	return IS_ENABLED(CONFIG_STRICT_MODULE_RWX) ? PAGE_ALIGN(size) : size;
}

static u64 place(u64 end, u32 section)
{
	return ALIGN(end, vouch_section_rules[section].align);
}

/* N_PARTS for what is not in memory. */
static enum part part_of(u32 section)
{
	u64 flags = vouch_section_rules[section].flags;

	if (!(flags & SHF_ALLOC) || section == VOUCH_SECTION_MODINFO)
		return N_PARTS;
	if (flags & SHF_EXECINSTR)
		return CODE;
	if (section == VOUCH_SECTION_SLOTS)
		return RO_AFTER_INIT;
	return flags & SHF_WRITE ? WRITABLE : READ_ONLY;
}

static void compute_section(const struct module *mod,
			    const struct vouch_image *img, struct places *p,
			    u32 section, u64 *end)
{
	u64 align = vouch_section_rules[section].align;
	u64 size = vouch_image_header(img, section)->sh_size;

	vouch_arch_section(mod, section, &size, &align);
	/* The loader goes by names that begin with ".init". */
	if (section == VOUCH_SECTION_INIT_PLT)
		end = &p->init_code;
	p->at[section] = ALIGN(*end, align);
	p->size[section] = size;
	*end = p->at[section] + size;
}

static void compute(const struct module *mod, const struct vouch_image *img,
		    struct places *p)
{
	const struct vouch_image_arch *arch = img->arch;
	u64 end = 0;
	u32 part, i;

	memset(p, 0, sizeof(*p));
	for (part = CODE; part < N_PARTS; part++) {
		for (i = 0; i < arch->n_sections; i++)
			if (part_of(arch->sections[i]) == part)
				compute_section(mod, img, p, arch->sections[i],
						&end);
		end = strict_align(end);
		p->end[part] = end;
	}
	p->init_code = strict_align(p->init_code);
	p->module = p->at[VOUCH_SECTION_THIS_MODULE];
	p->faults_end =
		p->at[VOUCH_SECTION_EX_TABLE] + p->size[VOUCH_SECTION_EX_TABLE];
}

static bool is_confirmed(const struct module *mod, const struct places *p)
{
	const struct module_layout *l = &mod->core_layout;

	return l->text_size == p->end[CODE] &&
	       l->ro_size == p->end[READ_ONLY] &&
	       l->ro_after_init_size == p->end[RO_AFTER_INIT] &&
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

/*
 * What is there until the module is live: what the loader itself puts there of
 * code, which is none, and symbols.
 */
static bool has_init(const struct module *mod, const struct places *p)
{
	const u8 *base = mod->init_layout.base;

	if (mod->init_layout.text_size != p->init_code ||
	    !vouch_all_zero(base, p->init_code))
		return true;
#ifdef CONFIG_KALLSYMS
	return (const u8 *)rcu_access_pointer(mod->kallsyms)->symtab !=
	       base + place(p->init_code, VOUCH_SECTION_SYMTAB);
#else
	return mod->init_layout.size != p->init_code;
#endif
}

/* Nothing that the loader would act on, but what images have. */
static bool is_plain(const struct module *mod, const struct vouch_image *img,
		     const struct vouch_layout *l, const struct places *p)
{
	if (mod->init || mod->num_syms || mod->num_gpl_syms || mod->num_kp ||
	    mod->num_exentries != img->n_faults ||
	    (img->n_faults &&
	     (const u8 *)mod->extable != l->at[VOUCH_SECTION_EX_TABLE]) ||
	    has_init(mod, p) || mod->noinstr_text_size ||
	    (mod->args && *mod->args))
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

bool vouch_layout_leads(const u8 *field, u64 target)
{
	return (s64)(s32)get_unaligned_le32(field) ==
	       (s64)(target - (unsigned long)field);
}

static bool text_ok(const struct vouch_image *img, const struct vouch_layout *l)
{
	u32 pos = 0, start, i;

	for (i = 0; i < img->n_relas; i++) {
		u32 end = vouch_arch_field(img, &img->relas[i], &start);

		if (start < pos ||
		    memcmp(l->text + pos, img->text + pos, start - pos) ||
		    !vouch_arch_field_ok(img, l, &img->relas[i]))
			return false;
		pos = end;
	}
	return !memcmp(l->text + pos, img->text + pos, img->text_len - pos);
}

/* Entries ascend, so that the loader's sorting changes nothing. */
static bool faults_ok(const struct vouch_image *img,
		      const struct vouch_layout *l)
{
	const u8 *entry = l->at[VOUCH_SECTION_EX_TABLE];
	u32 i;

	for (i = 0; i < img->n_faults; i++, entry += sizeof(*img->faults)) {
		const Elf64_Rela *r = &img->fault_relas[2 * i];

		if (!vouch_layout_leads(entry, (unsigned long)l->text +
						       r[0].r_addend) ||
		    !vouch_layout_leads(entry + 4, (unsigned long)l->text +
							   r[1].r_addend) ||
		    get_unaligned_le32(entry + 8) !=
			    le32_to_cpu(img->faults[i].data))
			return false;
	}
	return true;
}

/* The slots and what lies behind tables and slots: nothing as yet. */
static bool rest_ok(const struct vouch_layout *l, const u8 *base,
		    const struct places *p)
{
	const u8 *end = base + p->faults_end;
	const u8 *slots = (const u8 *)l->slots;

	return vouch_all_zero(end, base + p->end[READ_ONLY] - end) &&
	       vouch_all_zero(slots, base + p->end[RO_AFTER_INIT] - slots);
}

static void fill(struct vouch_layout *l, const u8 *base, const struct places *p)
{
	u32 i;

	for (i = 0; i < VOUCH_N_SECTIONS; i++) {
		l->at[i] = base + p->at[i];
		l->size[i] = p->size[i];
	}
	l->text = base;
	l->text_size = p->end[CODE];
	l->slots = (u64 *)(base + p->at[VOUCH_SECTION_SLOTS]);
}

int vouch_layout_check(const struct module *mod, const struct vouch_image *img,
		       struct vouch_layout *layout, struct vouch_reason *why)
{
	const u8 *base = mod->core_layout.base;
	struct places p;

	compute(mod, img, &p);
	if (!is_confirmed(mod, &p))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: lies in memory otherwise than the admitted file would; load the very file that was admitted",
			img->name);
	fill(layout, base, &p);
	if (!is_plain(mod, img, layout, &p))
		return vouch_refuse(
			why, -EBADMSG,
			"image %s: has code or tables that no image has; load the very file that was admitted, without parameters",
			img->name);
	if (!text_ok(img, layout) || !vouch_arch_behind_ok(mod, img, layout) ||
	    !vouch_arch_tables_ok(img, layout) || !faults_ok(img, layout))
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
