// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Captures: a program and what belongs to it. */

#include <stdlib.h>

#include "capture_parse.h"
#include "retarget.h"

static const char *check_prog(const struct vouch_capture_prog *prog)
{
	u32 n_funcs = le32_to_cpu(prog->n_funcs);

	if (!vouch_name_ok(prog->name, sizeof(prog->name)) ||
	    !vouch_text_ok(prog->section, sizeof(prog->section)))
		return "capture: PROG: a name is not proper";
	if (!n_funcs || n_funcs > VOUCH_MAX_FUNCS ||
	    le32_to_cpu(prog->n_syms) > VOUCH_MAX_SYMS)
		return "capture: PROG: a count is out of range";
	if (le32_to_cpu(prog->flags) & ~VOUCH_PROG_FLAGS_ALL)
		return "capture: PROG: unknown flag";
	if (prog->reserved)
		return "capture: PROG: reserved bytes are not zero";
	return NULL;
}

static const char *check_extable(const struct vouch_capture_func_view *f)
{
	u64 end = 0;
	u32 i;

	for (i = 0; i < f->n_extable; i++) {
		const struct vouch_capture_extable *e = &f->extable[i];
		u32 off = le32_to_cpu(e->insn_off);
		u32 len = le32_to_cpu(e->insn_len);

		if (off < end)
			return "capture: exception table: not in ascending order";
		if (!len || !vouch_range_ok(off, len, f->code_len))
			return "capture: exception table: an entry outside the code";
		if (e->reserved)
			return "capture: exception table: reserved bytes are not zero";
		end = (u64)off + len;
	}
	return NULL;
}

static const char *take_func(struct vouch_capture_prog_view *p,
			     const struct vouch_capture_item *r)
{
	const struct vouch_capture_func *func = (const void *)r->data;
	struct vouch_capture_func_view *f = &p->funcs[p->n_funcs];
	u64 code_len, n_refs, n_extable;

	if (r->length < sizeof(*func))
		return "capture: FUNC: wrong length";
	code_len = le32_to_cpu(func->code_len);
	n_refs = le32_to_cpu(func->n_refs);
	n_extable = le32_to_cpu(func->n_extable);
	if (!code_len || code_len > VOUCH_MAX_CODE || n_refs > VOUCH_MAX_REFS ||
	    n_extable > VOUCH_MAX_EXTABLE)
		return "capture: FUNC: a count is out of range";
	if (r->length != sizeof(*func) + vouch_capture_pad(code_len) +
				 n_refs * sizeof(*f->refs) +
				 n_extable * sizeof(*f->extable))
		return "capture: FUNC: wrong length";
	if (le32_to_cpu(func->index) != p->n_funcs)
		return "capture: FUNC: not in ascending order";
	f->func = func;
	f->code = r->data + sizeof(*func);
	f->code_len = code_len;
	f->refs = (const void *)(f->code + vouch_capture_pad(code_len));
	f->n_refs = n_refs;
	f->extable = (const void *)(f->refs + n_refs);
	f->n_extable = n_extable;
	if (!vouch_all_zero(f->code + code_len,
			    vouch_capture_pad(code_len) - code_len))
		return "capture: FUNC: bytes behind the code are not zero";
	p->n_funcs++;
	return check_extable(f);
}

static const char *take_sym(struct vouch_capture_prog_view *p,
			    const struct vouch_capture_item *r)
{
	const struct vouch_capture_sym *sym = (const void *)r->data;

	if (r->length != sizeof(*sym))
		return "capture: SYM: wrong length";
	if (!vouch_name_ok(sym->name, sizeof(sym->name)))
		return "capture: SYM: the name is not proper";
	if (p->n_syms && le64_to_cpu(p->syms[p->n_syms - 1]->address) >=
				 le64_to_cpu(sym->address))
		return "capture: SYM: not in ascending order";
	p->syms[p->n_syms++] = sym;
	return NULL;
}

static bool sym_known(const struct vouch_capture_prog_view *p, u64 address)
{
	u32 low = 0, high = p->n_syms;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		u64 at = le64_to_cpu(p->syms[mid]->address);

		if (at == address)
			return true;
		if (at < address)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static bool ref_tagged(u32 kind)
{
	return kind == VOUCH_REF_MAP || kind == VOUCH_REF_MAP_VALUE ||
	       kind == VOUCH_REF_CONST || kind == VOUCH_REF_BTF_ID;
}

/* Index and value, by kind. */
static const char *check_ref_value(const struct vouch_capture_view *view,
				   const struct vouch_capture_prog_view *p,
				   const struct vouch_capture_ref *ref)
{
	u32 index = le32_to_cpu(ref->index);
	u64 value = le64_to_cpu(ref->value);

	switch (le32_to_cpu(ref->kind)) {
	case VOUCH_REF_CALL:
		if (!sym_known(p, value))
			return "capture: a call's target has no SYM record";
		break;
	case VOUCH_REF_SUBCALL:
	case VOUCH_REF_FUNC:
		if (index >= p->n_funcs || value)
			return "capture: a reference to no function";
		return NULL;
	case VOUCH_REF_MAP:
		if (index >= view->n_maps || value)
			return "capture: a reference to no map";
		return NULL;
	case VOUCH_REF_MAP_VALUE:
		if (index >= view->n_maps ||
		    /* Each of the n_maps is set. */
		    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		    value >= le32_to_cpu(view->maps[index].map->value_size))
			return "capture: a reference to no map's value";
		return NULL;
	case VOUCH_REF_CONST:
	case VOUCH_REF_BTF_ID:
	case VOUCH_REF_OTHER:
		break;
	default:
		return "capture: unknown kind of reference";
	}
	return index ? "capture: a reference with an index it cannot have"
		     : NULL;
}

static const char *check_func(const struct vouch_capture_view *view,
			      const struct vouch_capture_prog_view *p, u32 func)
{
	const struct vouch_capture_func_view *f = &p->funcs[func];
	u32 i, n_tagged = 0;

	for (i = 0; i < f->n_refs; i++) {
		const struct vouch_capture_ref *ref = &f->refs[i];
		const char *why = check_ref_value(view, p, ref);
		u32 kind = le32_to_cpu(ref->kind);
		__le64 tag = 0;

		if (why)
			return why;
		if (ref_tagged(kind)) {
			tag = cpu_to_le64(VOUCH_TAG(func, n_tagged));
			n_tagged++;
		} else if (kind == VOUCH_REF_FUNC) {
			tag = p->funcs[le32_to_cpu(ref->index)].func->address;
		} else if (kind == VOUCH_REF_OTHER) {
			tag = ref->value;
		}
		if (ref->tag != tag)
			return "capture: a reference with another tag than its";
	}
	return NULL;
}

/* In order: the prologue, whose index is the last one, comes first. */
static bool access_ascends(const struct vouch_access *a,
			   const struct vouch_access *b)
{
	return le32_to_cpu(a->insn) + 1 < le32_to_cpu(b->insn) + 1;
}

static const char *check_access(const struct vouch_capture_prog_view *p,
				const struct vouch_access *a)
{
	u32 base = le32_to_cpu(a->base), insn = le32_to_cpu(a->insn);
	bool btf = base == VOUCH_BASE_BTF;

	if (!vouch_access_form_ok(base, insn, le32_to_cpu(a->n_insns),
				  le32_to_cpu(a->target_size)))
		return "capture: ACCESS: a field is out of range";
	if (insn != VOUCH_ACCESS_PROLOGUE &&
	    insn >= le32_to_cpu(p->prog->n_insns))
		return "capture: ACCESS: of an instruction that is not there";
	if (btf ? !a->structure || !a->size || a->field_size
		: a->structure || a->offset || a->size)
		return "capture: ACCESS: a field that its base does not have";
	if (le32_to_cpu(a->field_size) > 8 ||
	    (base == VOUCH_BASE_PROLOGUE && a->field_size))
		return "capture: ACCESS: a field is out of range";
	return NULL;
}

/* Room for one more access. */
static bool make_room(struct vouch_capture_prog_view *p)
{
	struct vouch_access_view *more;
	u32 n = p->n_accesses;

	/* A power of two is full. */
	if (n & (n - 1))
		return true;
	more = realloc(p->accesses, (n ? 2ul * n : 1) * sizeof(*more));
	if (more)
		p->accesses = more;
	return more;
}

static const char *take_access(struct vouch_capture_prog_view *p,
			       const struct vouch_capture_item *r)
{
	const struct vouch_access *access = (const void *)r->data;
	const char *why;
	u64 n;

	if (p->n_accesses == VOUCH_MAX_ACCESSES)
		return "capture: too many ACCESS records";
	if (r->length < sizeof(*access))
		return "capture: ACCESS: wrong length";
	n = le32_to_cpu(access->n_insns);
	if (r->length != sizeof(*access) + n * VOUCH_INSN_LEN)
		return "capture: ACCESS: wrong length";
	why = check_access(p, access);
	if (why)
		return why;
	if (p->n_accesses &&
	    !access_ascends(p->accesses[p->n_accesses - 1].access, access))
		return "capture: ACCESS: not in ascending order";
	if (!make_room(p))
		return vouch_capture_no_memory;
	p->accesses[p->n_accesses].access = access;
	p->accesses[p->n_accesses].insns = r->data + sizeof(*access);
	p->accesses[p->n_accesses++].n_insns = (u32)n;
	return NULL;
}

static const char *take_insns(struct vouch_capture_prog_view *p,
			      const struct vouch_capture_item *r)
{
	p->n_insns = le32_to_cpu(p->prog->n_insns);
	if (!r->length || r->length != (u64)p->n_insns * VOUCH_INSN_LEN)
		return "capture: INSNS: wrong length";
	p->insns = r->data;
	return NULL;
}

/* What may stand where the parser is; the order is that of the types but for
 * SYM, which is last. */
static bool is_next(const struct vouch_capture_prog_view *p, u32 type)
{
	if (p->n_funcs < le32_to_cpu(p->prog->n_funcs))
		return type == VOUCH_RECORD_FUNC;
	switch (type) {
	case VOUCH_RECORD_ACCESS:
	case VOUCH_RECORD_INSNS:
		return !p->insns && !p->n_syms;
	default:
		return type == VOUCH_RECORD_SYM &&
		       p->n_syms < le32_to_cpu(p->prog->n_syms);
	}
}

static const char *take_part(struct vouch_capture_prog_view *p,
			     const struct vouch_capture_item *r)
{
	switch (r->type) {
	case VOUCH_RECORD_FUNC:
		return take_func(p, r);
	case VOUCH_RECORD_ACCESS:
		return take_access(p, r);
	case VOUCH_RECORD_INSNS:
		return take_insns(p, r);
	default:
		return take_sym(p, r);
	}
}

/* Are the parts as many as the program says? */
static const char *check_counts(const struct vouch_capture_prog_view *p)
{
	u64 n_extable = 0;
	u32 i;

	if (p->n_funcs < le32_to_cpu(p->prog->n_funcs) ||
	    p->n_syms < le32_to_cpu(p->prog->n_syms))
		return "capture: PROG: fewer FUNC or SYM records than it says";
	if (!p->insns)
		return "capture: PROG: no INSNS, which each program has";
	for (i = 0; i < p->n_funcs; i++)
		n_extable += p->funcs[i].n_extable;
	if (n_extable != le32_to_cpu(p->prog->n_extable))
		return "capture: PROG: not as many exception table entries as it says";
	return NULL;
}

static const char *take_prog_parts(struct vouch_capture_cursor *c,
				   struct vouch_capture_prog_view *p)
{
	struct vouch_capture_item r;
	const char *why;

	for (;;) {
		why = vouch_capture_peek(c, &r);
		if (why || !is_next(p, r.type))
			break;
		why = take_part(p, &r);
		if (why)
			break;
		vouch_capture_step(c, &r);
	}
	return why ? why : check_counts(p);
}

const char *vouch_capture_take_prog(struct vouch_capture_cursor *c,
				    struct vouch_capture_view *view,
				    const struct vouch_capture_item *item)
{
	struct vouch_capture_prog_view *p = &view->progs[view->n_progs];
	const char *why;
	u32 i;

	if (view->n_progs == VOUCH_MAX_PROGS)
		return "capture: too many PROG records";
	p->prog = (const void *)item->data;
	if (item->length != sizeof(*p->prog))
		return "capture: PROG: wrong length";
	why = check_prog(p->prog);
	if (why)
		return why;
	vouch_capture_step(c, item);
	view->n_progs++;
	p->funcs = calloc(le32_to_cpu(p->prog->n_funcs), sizeof(*p->funcs));
	p->syms = calloc(le32_to_cpu(p->prog->n_syms) + 1, sizeof(*p->syms));
	if (!p->funcs || !p->syms)
		return vouch_capture_no_memory;
	why = take_prog_parts(c, p);
	for (i = 0; !why && i < p->n_funcs; i++)
		why = check_func(view, p, i);
	return why;
}
