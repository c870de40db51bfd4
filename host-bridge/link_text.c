// SPDX-License-Identifier: BSD-2-Clause
/* The code of an image, with its symbols, relocations and slots. */

#include <stdio.h>

#include "../common/image_arch.h"
#include "arch.h"
#include "helper.h"
#include "link_text.h"

#define ALIGN 16
#define SLOT_BUCKETS 16384 /* more than twice VOUCH_MAX_SLOTS_REFS */

/* A text while it is made. */
struct linker {
	const struct vouch_capture_view *cap;
	const struct vouch_checked *chk;
	const struct vouch_link_ops *ops;
	const struct vouch_image_arch *arch;
	bool rethunk, retpoline;
	struct vouch_text *text;
	struct vouch_refusal *why;
	u32 *func_off; /* of all functions, in .text */
	u32 *import_syms; /* by helper: index of its symbol, 0: none */
	u32 thunk_sym, indirect_sym;
	u16 slot_hash[SLOT_BUCKETS]; /* slot + 1 by hash; 0: free */
};

/* Imports, sorted by name, as image.h wants them. */
struct import {
	const char *name;
	u32 *sym;
};

static u32 add_string(struct vouch_text *t, const char *s)
{
	u32 off = (u32)t->strings.len;

	vouch_buffer_add(&t->strings, s, strlen(s) + 1);
	return off;
}

static void add_symbol(struct vouch_text *t, const char *name, u8 info,
		       u16 shndx, u64 value, u64 size)
{
	Elf64_Sym sym = {
		.st_info = info,
		.st_shndx = shndx,
		.st_value = value,
		.st_size = size,
	};

	if (name)
		sym.st_name = add_string(t, name);
	vouch_buffer_add(&t->symbols, &sym, sizeof(sym));
}

void vouch_link_relocate(struct vouch_buffer *relas, u64 off, u32 sym, u32 type,
			 s64 addend)
{
	const Elf64_Rela rela = {
		.r_offset = off,
		.r_info = ELF64_R_INFO((u64)sym, type),
		.r_addend = addend,
	};

	vouch_buffer_add(relas, &rela, sizeof(rela));
}

void vouch_link_fault(struct vouch_text *text, u64 at, u32 len, u32 type,
		      u32 data)
{
	const struct vouch_ex_entry entry = { .data = cpu_to_le32(data) };

	vouch_link_relocate(&text->fault_relas, text->faults.len,
			    VOUCH_SYM_TEXT, type, (s64)at);
	vouch_link_relocate(&text->fault_relas,
			    text->faults.len + sizeof(entry.insn),
			    VOUCH_SYM_TEXT, type, (s64)at + len);
	vouch_buffer_add(&text->faults, &entry, sizeof(entry));
}

/* "p<program>_<name>", and "_<n>" for its further functions. */
static void function_name(const struct vouch_capture_prog *prog, u32 p, u32 f,
			  char *name, size_t size)
{
	char tail[16] = "";
	char *c;

	if (f)
		snprintf(tail, sizeof(tail), "_%u", f);
	snprintf(name, size, "p%u_%s%s", p, prog->name, tail);
	for (c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9'))
			*c = '_';
}

/* Where each function will lie: its length does not change. */
static int place_functions(struct linker *l)
{
	u64 off = 0, end = 0;
	u32 p, f, n = 0;

	for (p = 0; p < l->cap->n_progs; p++)
		n += l->cap->progs[p].n_funcs;
	l->func_off = calloc(n + 1, sizeof(*l->func_off));
	if (!l->func_off)
		return -ENOMEM;
	for (p = 0, n = 0; p < l->cap->n_progs; p++) {
		const struct vouch_capture_prog_view *v = &l->cap->progs[p];

		for (f = 0; f < v->n_funcs; f++) {
			off = (end + ALIGN - 1) & ~(u64)(ALIGN - 1);
			end = off + v->funcs[f].code_len;
			if (end > l->arch->max_text)
				return vouch_refuse(
					l->why,
					"image: more than %u KiB of code; "
					"submit the programs one by one",
					l->arch->max_text >> 10);
			l->func_off[n++] = (u32)off;
		}
	}
	return 0;
}

static void name_functions(struct linker *l)
{
	const u16 text = (u16)vouch_image_place(l->arch, VOUCH_SECTION_TEXT);
	struct vouch_text *t = l->text;
	char name[128];
	u32 p, f, n = 0;

	vouch_buffer_add(&t->strings, "", 1);
	add_symbol(t, NULL, 0, 0, 0, 0);
	add_symbol(t, NULL, ELF64_ST_INFO(STB_LOCAL, STT_SECTION), text, 0, 0);
	add_symbol(t, NULL, ELF64_ST_INFO(STB_LOCAL, STT_SECTION),
		   (u16)vouch_image_place(l->arch, VOUCH_SECTION_SLOTS), 0, 0);
	for (p = 0; p < l->cap->n_progs; p++) {
		const struct vouch_capture_prog_view *v = &l->cap->progs[p];
		const u32 entry[2] = { l->func_off[n], v->funcs[0].code_len };

		vouch_buffer_add(&t->entries, entry, sizeof(entry));
		for (f = 0; f < v->n_funcs; f++) {
			function_name(v->prog, p, f, name, sizeof(name));
			add_symbol(t, name, ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
				   text, l->func_off[n++],
				   v->funcs[f].code_len);
		}
	}
	t->first_import = (u32)(t->symbols.len / sizeof(Elf64_Sym));
}

/* Marks with 1 what is used; indexes come when all are known. */
static void find_imports(struct linker *l)
{
	u32 p, f, i;

	for (p = 0; p < l->chk->n_progs; p++)
		for (f = 0; f < l->chk->progs[p].n_funcs; f++) {
			const struct vouch_checked_func *func =
				&l->chk->progs[p].funcs[f];

			for (i = 0; i < func->n_fixups; i++) {
				const struct vouch_fixup *x = &func->fixups[i];

				if (x->kind == VOUCH_FIXUP_HELPER)
					l->import_syms[x->index] = 1;
				if (x->kind == VOUCH_FIXUP_EXIT && l->rethunk)
					l->thunk_sym = 1;
				if ((x->kind == VOUCH_FIXUP_THUNK ||
				     x->kind == VOUCH_FIXUP_JUMP) &&
				    l->retpoline)
					l->indirect_sym = 1;
			}
		}
}

static int compare_imports(const void *a, const void *b)
{
	const struct import *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int name_imports(struct linker *l)
{
	struct import *imports = calloc(vouch_n_helpers + 2, sizeof(*imports));
	u32 n = 0, i;

	if (!imports)
		return -ENOMEM;
	find_imports(l);
	for (i = 0; i < vouch_n_helpers; i++)
		if (l->import_syms[i])
			imports[n++] = (struct import){ vouch_helpers[i].import,
							&l->import_syms[i] };
	if (l->thunk_sym)
		imports[n++] =
			(struct import){ VOUCH_RETURN_THUNK, &l->thunk_sym };
	if (l->indirect_sym)
		imports[n++] = (struct import){ VOUCH_INDIRECT_THUNK,
						&l->indirect_sym };
	qsort(imports, n, sizeof(*imports), compare_imports);
	for (i = 0; i < n; i++) {
		*imports[i].sym = l->text->first_import + i;
		add_symbol(l->text, imports[i].name,
			   ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_UNDEF, 0,
			   0);
	}
	free(imports);
	return 0;
}

static u32 hash_slot(const struct vouch_req_ref *ref)
{
	u64 h = le32_to_cpu(ref->map) * 2654435761ull +
		le32_to_cpu(ref->kind) * 40503ull + le64_to_cpu(ref->offset);

	return (u32)(h * 0x9e3779b97f4a7c15ull >> 32) % SLOT_BUCKETS;
}

/* The slot for a reference: one for each distinct kind, map and offset. */
static u32 find_slot(struct linker *l, const struct vouch_capture_ref *ref)
{
	const struct vouch_req_ref want = {
		.kind = cpu_to_le32(le32_to_cpu(ref->kind) == VOUCH_REF_MAP
					    ? VOUCH_SLOT_MAP
					    : VOUCH_SLOT_VALUE),
		.map = ref->index,
		.offset = ref->value,
	};
	u32 n = (u32)(l->text->slots.len / sizeof(want));
	u32 at = hash_slot(&want);

	/* One too many is enough to refuse. */
	if (n > VOUCH_MAX_SLOTS_REFS)
		return 0;
	for (; l->slot_hash[at]; at = (at + 1) % SLOT_BUCKETS) {
		const struct vouch_req_ref *slots =
			(const void *)l->text->slots.data;
		u32 slot = l->slot_hash[at] - 1u;

		if (!memcmp(&slots[slot], &want, sizeof(want)))
			return slot;
	}
	vouch_buffer_add(&l->text->slots, &want, sizeof(want));
	if (l->text->slots.failed)
		return 0;
	l->slot_hash[at] = (u16)(n + 1);
	return n;
}

/* @first: index of the program's first function in func_off. */
static void link_ref(struct linker *l, const struct vouch_link_site *site,
		     const struct vouch_capture_ref *ref, u32 first)
{
	switch (le32_to_cpu(ref->kind)) {
	case VOUCH_REF_CONST:
		l->ops->constant(site, le64_to_cpu(ref->value));
		break;
	case VOUCH_REF_FUNC:
		l->ops->function(site,
				 l->func_off[first + le32_to_cpu(ref->index)]);
		break;
	default:
		l->ops->slot(site, find_slot(l, ref));
	}
}

static int link_jump(struct linker *l, const struct vouch_link_site *site,
		     u32 len)
{
	if (!l->retpoline)
		l->text->plain_jumps = true;
	return l->ops->jump(site, len, l->retpoline ? l->indirect_sym : 0,
			    l->why);
}

static int link_fixup(struct linker *l, const struct vouch_capture_func_view *f,
		      u32 first, u64 base, const struct vouch_fixup *x)
{
	const struct vouch_link_site site = {
		.text = l->text,
		.code = l->text->code.data + base + x->off,
		.off = base + x->off,
	};

	switch (x->kind) {
	case VOUCH_FIXUP_HELPER:
		l->ops->call(&site, l->import_syms[x->index]);
		break;
	case VOUCH_FIXUP_SUBCALL:
		l->ops->subcall(&site, l->func_off[first + x->index]);
		break;
	case VOUCH_FIXUP_REF:
		link_ref(l, &site, &f->refs[x->index], first);
		break;
	case VOUCH_FIXUP_EXIT:
		l->ops->exit(&site, l->rethunk ? l->thunk_sym : 0);
		break;
	case VOUCH_FIXUP_THUNK:
	case VOUCH_FIXUP_JUMP:
		return link_jump(l, &site, x->index);
	case VOUCH_FIXUP_UNREACHED:
		l->ops->unreached(&site, x->index);
		break;
	}
	return 0;
}

/* A function starts at @base. */
static int link_function(struct linker *l,
			 const struct vouch_capture_func_view *f,
			 const struct vouch_checked_func *chk, u32 first,
			 u64 base)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < chk->n_fixups; i++)
		ret = link_fixup(l, f, first, base, &chk->fixups[i]);
	for (i = 0; !ret && i < chk->n_loads; i++)
		l->ops->load(l->text, base + chk->loads[i].off, &chk->loads[i]);
	return ret;
}

static int link_functions(struct linker *l)
{
	struct vouch_text *t = l->text;
	u32 p, f, first = 0;
	int ret;

	for (p = 0; p < l->cap->n_progs; p++) {
		const struct vouch_capture_prog_view *v = &l->cap->progs[p];

		for (f = 0; f < v->n_funcs; f++) {
			const struct vouch_checked_func *chk =
				&l->chk->progs[p].funcs[f];
			u64 base = l->func_off[first + f];

			l->ops->pad(&t->code);
			vouch_buffer_add(&t->code, v->funcs[f].code,
					 v->funcs[f].code_len);
			if (t->code.failed)
				return -ENOMEM;
			ret = link_function(l, &v->funcs[f], chk, first, base);
			if (ret)
				return ret;
		}
		first += v->n_funcs;
	}
	return 0;
}

static int finish(struct linker *l)
{
	const struct vouch_text *t = l->text;

	if (t->code.failed || t->relas.failed || t->returns.failed ||
	    t->retpolines.failed || t->faults.failed || t->fault_relas.failed ||
	    t->symbols.failed || t->strings.failed || t->slots.failed ||
	    t->entries.failed)
		return -ENOMEM;
	if (t->slots.len / sizeof(struct vouch_req_ref) > VOUCH_MAX_SLOTS_REFS)
		return vouch_refuse(l->why,
				    "image: more than %u places in maps are "
				    "referred to; submit the programs one by "
				    "one",
				    VOUCH_MAX_SLOTS_REFS);
	if (t->faults.len / sizeof(struct vouch_ex_entry) > l->arch->max_faults)
		return vouch_refuse(l->why,
				    "image: more than %u loads that may fault; "
				    "submit the programs one by one",
				    l->arch->max_faults);
	return 0;
}

int vouch_text_link(const struct vouch_capture_view *cap,
		    const struct vouch_checked *chk, bool rethunk,
		    bool retpoline, struct vouch_text *text,
		    struct vouch_refusal *why)
{
	struct linker l = {
		.cap = cap,
		.chk = chk,
		.ops = vouch_arch_of(cap)->link,
		.arch = vouch_image_arch_of(le32_to_cpu(cap->env->arch)),
		.rethunk = rethunk,
		.retpoline = retpoline,
		.text = text,
		.why = why,
	};
	int ret;

	memset(text, 0, sizeof(*text));
	l.import_syms = calloc(vouch_n_helpers, sizeof(*l.import_syms));
	ret = l.import_syms ? place_functions(&l) : -ENOMEM;
	if (!ret) {
		name_functions(&l);
		ret = name_imports(&l);
	}
	if (!ret)
		ret = link_functions(&l);
	if (!ret)
		ret = finish(&l);
	free(l.import_syms);
	free(l.func_off);
	return ret;
}

void vouch_text_release(struct vouch_text *text)
{
	free(text->code.data);
	free(text->relas.data);
	free(text->returns.data);
	free(text->retpolines.data);
	free(text->faults.data);
	free(text->fault_relas.data);
	free(text->symbols.data);
	free(text->strings.data);
	free(text->slots.data);
	free(text->entries.data);
	memset(text, 0, sizeof(*text));
}
