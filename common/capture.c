// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one parser of captures. */

#include <stdlib.h>

#include "capture.h"

#define MAP_TYPE_ARRAY 2 /* BPF_MAP_TYPE_ARRAY */

static const char NO_MEMORY[] = "capture: out of memory";

/* A place in the sequence of records. */
struct cursor {
	const u8 *pos;
	const u8 *end;
	u32 left; /* records */
};

/* One record: its type and its payload. */
struct record {
	u32 type;
	u32 length;
	const u8 *data;
};

static u64 pad8(u64 n)
{
	return (n + 7) & ~7ull;
}

/* The next record without moving on; type 0 behind the last one. */
static const char *peek(const struct cursor *c, struct record *r)
{
	const struct vouch_capture_record *head = (const void *)c->pos;
	u64 left = c->end - c->pos;

	memset(r, 0, sizeof(*r));
	if (!c->left)
		return NULL;
	if (left < sizeof(*head))
		return "capture: fewer records than the header says";
	r->type = le32_to_cpu(head->type);
	r->length = le32_to_cpu(head->length);
	r->data = c->pos + sizeof(*head);
	left -= sizeof(*head);
	if (!r->type || r->type > VOUCH_RECORD_SYM)
		return "capture: unknown type of record";
	if (r->length > left || pad8(r->length) > left)
		return "capture: a record is longer than the capture";
	if (!vouch_all_zero(r->data + r->length, pad8(r->length) - r->length))
		return "capture: bytes between records are not zero";
	return NULL;
}

static void step(struct cursor *c, const struct record *r)
{
	c->pos = r->data + pad8(r->length);
	c->left--;
}

static const char *check_head(const void *buf, size_t len)
{
	const struct vouch_capture_head *h = buf;

	if ((uintptr_t)buf % 8)
		return "capture: buffer is not aligned to 8 bytes";
	if (len < sizeof(*h) || len > VOUCH_CAPTURE_MAX)
		return "capture: too short or too long";
	if (memcmp(h->magic, VOUCH_CAPTURE_MAGIC, sizeof(h->magic)))
		return "capture: wrong magic";
	if (le32_to_cpu(h->version) != VOUCH_CAPTURE_VERSION)
		return "capture: unknown version";
	if (le64_to_cpu(h->size) != len)
		return "capture: size in the header is not the size";
	return NULL;
}

static const char *take_env(struct cursor *c, struct vouch_capture_view *view)
{
	const struct vouch_capture_env *env;
	struct record r;
	const char *why = peek(c, &r);

	if (why)
		return why;
	if (r.type != VOUCH_RECORD_ENV || r.length != sizeof(*env))
		return "capture: does not begin with an ENV record";
	env = (const void *)r.data;
	if (!vouch_name_ok(env->release, sizeof(env->release)) ||
	    !vouch_text_ok(env->cpu_model, sizeof(env->cpu_model)) ||
	    !vouch_text_ok(env->license, sizeof(env->license)))
		return "capture: ENV: a text is not proper";
	if (le32_to_cpu(env->arch) != VOUCH_ARCH_X86_64 &&
	    le32_to_cpu(env->arch) != VOUCH_ARCH_ARM64)
		return "capture: ENV: unknown architecture";
	if (le32_to_cpu(env->features) & ~VOUCH_FEATURE_ALL)
		return "capture: ENV: unknown feature";
	if (le32_to_cpu(env->privileges) & ~VOUCH_PRIV_ALL)
		return "capture: ENV: unknown privilege";
	if (env->jit_harden)
		return "capture: ENV: made with constant blinding";
	if (!env->nr_cpus)
		return "capture: ENV: no CPU";
	if (!vouch_all_zero(env->reserved, sizeof(env->reserved)))
		return "capture: ENV: reserved bytes are not zero";
	view->env = env;
	step(c, &r);
	return NULL;
}

static bool fact_ascends(const struct vouch_capture_fact *a,
			 const struct vouch_capture_fact *b)
{
	int cmp = strcmp(a->structure, b->structure);

	return cmp < 0 || (!cmp && strcmp(a->field, b->field) < 0);
}

static const char *take_fact(struct vouch_capture_view *view,
			     const struct record *r)
{
	const struct vouch_capture_fact *fact = (const void *)r->data;

	if (view->n_facts == VOUCH_MAX_FACTS)
		return "capture: too many FACT records";
	if (r->length != sizeof(*fact))
		return "capture: FACT: wrong length";
	if (!vouch_name_ok(fact->structure, sizeof(fact->structure)) ||
	    !vouch_name_ok(fact->field, sizeof(fact->field)))
		return "capture: FACT: a name is not proper";
	if (view->n_facts &&
	    !fact_ascends(view->facts[view->n_facts - 1], fact))
		return "capture: FACT: not in ascending order";
	view->facts[view->n_facts++] = fact;
	return NULL;
}

static const char *take_map(struct vouch_capture_view *view,
			    const struct record *r)
{
	const struct vouch_capture_map *map = (const void *)r->data;
	u32 data_len;

	if (view->n_maps == VOUCH_MAX_MAPS)
		return "capture: too many MAP records";
	if (r->length < sizeof(*map))
		return "capture: MAP: wrong length";
	data_len = le32_to_cpu(map->data_len);
	if (data_len > VOUCH_MAX_MAP_DATA ||
	    r->length - sizeof(*map) != data_len)
		return "capture: MAP: wrong length";
	if (!vouch_name_ok(map->name, sizeof(map->name)))
		return "capture: MAP: the name is not proper";
	if (le32_to_cpu(map->flags) & ~VOUCH_MAP_FLAGS_ALL)
		return "capture: MAP: unknown flag";
	if (map->reserved)
		return "capture: MAP: reserved bytes are not zero";
	if (data_len && (le32_to_cpu(map->type) != MAP_TYPE_ARRAY ||
			 le32_to_cpu(map->max_entries) != 1 ||
			 map->value_size != map->data_len))
		return "capture: MAP: data for a map that cannot have them";
	view->maps[view->n_maps].map = map;
	view->maps[view->n_maps].data = data_len ? r->data + sizeof(*map)
						 : NULL;
	view->n_maps++;
	return NULL;
}

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

static const char *take_func(struct vouch_capture_prog_view *p,
			     const struct record *r)
{
	const struct vouch_capture_func *func = (const void *)r->data;
	struct vouch_capture_func_view *f = &p->funcs[p->n_funcs];
	u64 code_len, n_refs;

	if (r->length < sizeof(*func))
		return "capture: FUNC: wrong length";
	code_len = le32_to_cpu(func->code_len);
	n_refs = le32_to_cpu(func->n_refs);
	if (!code_len || code_len > VOUCH_MAX_CODE || n_refs > VOUCH_MAX_REFS)
		return "capture: FUNC: a count is out of range";
	if (r->length != sizeof(*func) + pad8(code_len) +
				 n_refs * sizeof(struct vouch_capture_ref))
		return "capture: FUNC: wrong length";
	if (le32_to_cpu(func->index) != p->n_funcs)
		return "capture: FUNC: not in ascending order";
	if (func->reserved)
		return "capture: FUNC: reserved bytes are not zero";
	f->func = func;
	f->code = r->data + sizeof(*func);
	f->code_len = code_len;
	f->refs = (const void *)(f->code + pad8(code_len));
	f->n_refs = n_refs;
	if (!vouch_all_zero(f->code + code_len, pad8(code_len) - code_len))
		return "capture: FUNC: bytes behind the code are not zero";
	p->n_funcs++;
	return NULL;
}

static const char *take_sym(struct vouch_capture_prog_view *p,
			    const struct record *r)
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

static const char *take_prog_parts(struct cursor *c,
				   struct vouch_capture_prog_view *p)
{
	u32 n_funcs = le32_to_cpu(p->prog->n_funcs);
	u32 n_syms = le32_to_cpu(p->prog->n_syms);
	const char *why = NULL;
	struct record r;

	while (!why && (p->n_funcs < n_funcs || p->n_syms < n_syms)) {
		u32 want = p->n_funcs < n_funcs ? VOUCH_RECORD_FUNC
						: VOUCH_RECORD_SYM;

		why = peek(c, &r);
		if (why)
			return why;
		if (r.type != want)
			return "capture: PROG: fewer FUNC or SYM records than it says";
		why = want == VOUCH_RECORD_FUNC ? take_func(p, &r)
						: take_sym(p, &r);
		step(c, &r);
	}
	return why;
}

static const char *take_prog(struct cursor *c, struct vouch_capture_view *view,
			     const struct record *r)
{
	struct vouch_capture_prog_view *p = &view->progs[view->n_progs];
	const char *why;
	u32 i;

	if (view->n_progs == VOUCH_MAX_PROGS)
		return "capture: too many PROG records";
	p->prog = (const void *)r->data;
	if (r->length != sizeof(*p->prog))
		return "capture: PROG: wrong length";
	why = check_prog(p->prog);
	if (why)
		return why;
	step(c, r);
	view->n_progs++;
	p->funcs = calloc(le32_to_cpu(p->prog->n_funcs), sizeof(*p->funcs));
	p->syms = calloc(le32_to_cpu(p->prog->n_syms) + 1, sizeof(*p->syms));
	if (!p->funcs || !p->syms)
		return NO_MEMORY;
	why = take_prog_parts(c, p);
	for (i = 0; !why && i < p->n_funcs; i++)
		why = check_func(view, p, i);
	return why;
}

static const char *take_records(struct cursor *c,
				struct vouch_capture_view *view)
{
	struct record r;
	const char *why;
	u32 last = VOUCH_RECORD_FACT;

	why = take_env(c, view);
	while (!why) {
		why = peek(c, &r);
		if (why || !r.type)
			break;
		if (r.type < last || r.type > VOUCH_RECORD_PROG)
			return "capture: a record is out of order";
		last = r.type;
		if (r.type == VOUCH_RECORD_PROG) {
			why = take_prog(c, view, &r);
			continue;
		}
		why = r.type == VOUCH_RECORD_FACT ? take_fact(view, &r)
						  : take_map(view, &r);
		step(c, &r);
	}
	if (!why && c->pos != c->end)
		why = "capture: bytes behind the last record";
	if (!why && !view->n_progs)
		why = "capture: no program";
	return why;
}

int vouch_capture_parse(const void *buf, size_t len,
			struct vouch_capture_view *view, const char **why)
{
	const struct vouch_capture_head *head = buf;
	struct cursor c;

	memset(view, 0, sizeof(*view));
	*why = check_head(buf, len);
	if (*why)
		return -EINVAL;
	c.pos = (const u8 *)(head + 1);
	c.end = (const u8 *)buf + len;
	c.left = le32_to_cpu(head->n_records);
	view->facts = calloc(VOUCH_MAX_FACTS, sizeof(*view->facts));
	view->maps = calloc(VOUCH_MAX_MAPS, sizeof(*view->maps));
	view->progs = calloc(VOUCH_MAX_PROGS, sizeof(*view->progs));
	if (!view->facts || !view->maps || !view->progs)
		*why = NO_MEMORY;
	else
		*why = take_records(&c, view);
	if (!*why)
		return 0;
	vouch_capture_release(view);
	return *why == NO_MEMORY ? -ENOMEM : -EINVAL;
}

void vouch_capture_release(struct vouch_capture_view *view)
{
	u32 i;

	for (i = 0; i < view->n_progs; i++) {
		/* There are none without memory for them. NOLINTNEXTLINE */
		free(view->progs[i].funcs);
		free(view->progs[i].syms);
	}
	free(view->progs);
	free(view->maps);
	free(view->facts);
	memset(view, 0, sizeof(*view));
}
