// SPDX-License-Identifier: BSD-2-Clause
/* Two loads of one object: what must be the same, and what was replaced. */

#include <stdlib.h>

#include "arch.h"
#include "check_passes.h"
#include "crypto.h"

static const char LOST[] = "verify again, in a fresh VM";

/* Two captures while they are compared. */
struct passes {
	const struct vouch_capture_view *first, *second;
	const struct vouch_retargeting *retargeted;
	const struct vouch_replacement *next; /* of the list */
	struct vouch_refusal *why;
};

static int differ(struct passes *p, const char *what)
{
	return vouch_refuse(p->why,
			    "capture: the two loads of the object differ in "
			    "%s; %s",
			    what, LOST);
}

static int differ_prog(struct passes *p, const struct vouch_capture_prog *prog,
		       const char *what)
{
	return vouch_refuse_prog(p->why, prog->name,
				 "capture: its two loads differ in %s; %s",
				 what, LOST);
}

int vouch_pass_missed(const struct vouch_pass *pass, u32 item,
		      struct vouch_refusal *why)
{
	return vouch_refuse_prog(
		why, pass->first->prog->name,
		"capture: instruction %u: it was replaced, but "
		"not in the machine code; %s",
		pass->items[item].insn, LOST);
}

static int check_env(struct passes *p)
{
	struct vouch_capture_env env = *p->second->env;
	u8 hash[VOUCH_HASH_LEN];

	if (vouch_sha256(p->retargeted->list, p->retargeted->len, hash))
		return -EIO;
	if (memcmp(env.retarget, hash, sizeof(hash)) != 0)
		return vouch_refuse(p->why,
				    "capture: its second load was made with "
				    "other replacements than those that were "
				    "sent; %s",
				    LOST);
	memset(env.retarget, 0, sizeof(env.retarget));
	if (memcmp(&env, p->first->env, sizeof(env)) != 0)
		return differ(p, "what they state of kernel, CPU or object");
	return 0;
}

static int check_facts(struct passes *p)
{
	u32 i;

	if (p->first->n_facts != p->second->n_facts)
		return differ(p, "their facts");
	for (i = 0; i < p->first->n_facts; i++)
		if (memcmp(p->first->facts[i], p->second->facts[i],
			   sizeof(*p->first->facts[i])) != 0)
			return differ(p, "their facts");
	return 0;
}

static int check_maps(struct passes *p)
{
	u32 i;

	if (p->first->n_maps != p->second->n_maps)
		return differ(p, "their maps");
	for (i = 0; i < p->first->n_maps; i++) {
		const struct vouch_capture_map_view *a = &p->first->maps[i];
		const struct vouch_capture_map_view *b = &p->second->maps[i];

		if (memcmp(a->map, b->map, sizeof(*a->map)) != 0 ||
		    !a->template != !b->template ||
		    (a->template && memcmp(a->template, b->template,
					   sizeof(*a->template)) != 0) ||
		    (a->data && memcmp(a->data, b->data,
				       le32_to_cpu(a->map->data_len)) != 0))
			return differ(p, "their maps");
	}
	return 0;
}

/* ---- programs ---- */

/* How many instructions there are, and which addresses they reach, is compared
 * by their meaning. */
static int check_prog(struct passes *p, const struct vouch_pass *pass)
{
	struct vouch_capture_prog prog = *pass->second->prog;

	prog.n_insns = pass->first->prog->n_insns;
	prog.n_syms = pass->first->prog->n_syms;
	if (memcmp(&prog, pass->first->prog, sizeof(prog)) != 0)
		return differ_prog(p, pass->first->prog,
				   "what they state of the program");
	return 0;
}

static const char *symbol(const struct vouch_capture_prog_view *prog,
			  u64 address)
{
	u32 i;

	for (i = 0; i < prog->n_syms; i++)
		if (le64_to_cpu(prog->syms[i]->address) == address)
			return prog->syms[i]->name;
	return "";
}

/* Addresses differ from load to load; what they are called does not. */
static bool same_ref(const struct vouch_pass *pass,
		     const struct vouch_capture_ref *a,
		     const struct vouch_capture_ref *b)
{
	if (a->kind != b->kind || a->index != b->index)
		return false;
	switch (le32_to_cpu(a->kind)) {
	case VOUCH_REF_CALL:
		return !strcmp(symbol(pass->first, le64_to_cpu(a->value)),
			       symbol(pass->second, le64_to_cpu(b->value)));
	case VOUCH_REF_BTF_ID:
	case VOUCH_REF_OTHER:
		return true;
	default:
		return a->value == b->value;
	}
}

static int check_refs(struct passes *p, const struct vouch_pass *pass)
{
	u32 i, n;

	for (i = 0; i < pass->first->n_funcs; i++) {
		const struct vouch_capture_func_view *a =
			&pass->first->funcs[i];
		const struct vouch_capture_func_view *b =
			&pass->second->funcs[i];

		if (a->n_refs != b->n_refs || a->n_extable != b->n_extable)
			return differ_prog(p, pass->first->prog,
					   "their references");
		for (n = 0; n < a->n_refs; n++)
			if (!same_ref(pass, &a->refs[n], &b->refs[n]))
				return differ_prog(p, pass->first->prog,
						   "their references");
	}
	return 0;
}

/* ---- accesses ---- */

static bool same_access(const struct vouch_access *a,
			const struct vouch_access *b)
{
	return a->insn == b->insn && a->base == b->base &&
	       !memcmp(a->code, b->code, sizeof(a->code)) &&
	       a->field_size == b->field_size && a->structure == b->structure &&
	       a->offset == b->offset && a->size == b->size;
}

/* What the list has for the access, which it takes in order. */
static const struct vouch_replacement *take_entry(struct passes *p, u32 prog,
						  const struct vouch_access *a)
{
	const struct vouch_replacement *r = p->next;

	if (!r || le32_to_cpu(r->prog) != prog || r->insn != a->insn ||
	    r->base != a->base)
		return NULL;
	p->next = vouch_retarget_next(p->retargeted->list, r);
	return r;
}

static int take_access(struct passes *p, const struct vouch_pass *pass,
		       u32 prog, u32 i, struct vouch_pass_item *item)
{
	const struct vouch_access_view *a = &pass->first->accesses[i];
	const struct vouch_access_view *b = &pass->second->accesses[i];
	const struct vouch_replacement *r = take_entry(p, prog, a->access);
	u32 size = le32_to_cpu(a->access->target_size), n = a->n_insns;
	const u8 *insns = a->insns;

	if (!same_access(a->access, b->access))
		return differ_prog(p, pass->first->prog, "their accesses");
	if (r) {
		insns = (const u8 *)(r + 1);
		n = le32_to_cpu(r->n_insns);
		size = le32_to_cpu(r->target_size);
	}
	if (b->n_insns != n || le32_to_cpu(b->access->target_size) != size ||
	    memcmp(b->insns, insns, (size_t)n * VOUCH_INSN_LEN) != 0)
		return vouch_refuse_prog(
			p->why, pass->first->prog->name,
			"capture: instruction %u: in its place "
			"is not what was to be put there; %s",
			le32_to_cpu(a->access->insn), LOST);
	item->insn = le32_to_cpu(a->access->insn);
	item->base = le32_to_cpu(a->access->base);
	vouch_access_expand(a->access, a->insns, a->n_insns,
			    le32_to_cpu(a->access->target_size), &item->first);
	vouch_access_expand(a->access, insns, n, size, &item->second);
	item->differs = item->first.n != item->second.n ||
			memcmp(item->first.insns, item->second.insns,
			       item->first.n * sizeof(item->first.insns[0])) !=
				0;
	return 0;
}

static int check_accesses(struct passes *p, struct vouch_pass *pass, u32 prog,
			  struct vouch_pass_item *items)
{
	int ret = 0;
	u32 i;

	pass->items = items;
	for (i = 0; !ret && i < pass->n_items; i++)
		ret = take_access(p, pass, prog, i, &items[i]);
	if (!ret)
		ret = vouch_access_check(pass->second, p->why);
	if (!ret)
		ret = vouch_check_pass_insns(pass, p->why);
	if (!ret)
		ret = vouch_arch_of(p->first)->check_pass(pass, p->why);
	return ret;
}

static int check_pass(struct passes *p, u32 i)
{
	struct vouch_pass pass = {
		.first = &p->first->progs[i],
		.second = &p->second->progs[i],
		.n_items = p->first->progs[i].n_accesses,
	};
	struct vouch_pass_item *items;
	int ret;

	ret = check_prog(p, &pass);
	if (!ret)
		ret = check_refs(p, &pass);
	if (ret)
		return ret;
	if (pass.second->n_accesses != pass.n_items)
		return differ_prog(p, pass.first->prog, "their accesses");
	items = calloc(pass.n_items + 1ul, sizeof(*items));
	if (!items)
		return -ENOMEM;
	ret = check_accesses(p, &pass, i, items);
	free(items);
	return ret;
}

int vouch_check_passes(const struct vouch_capture_view *first,
		       const struct vouch_capture_view *second,
		       const struct vouch_retargeting *retargeted,
		       struct vouch_refusal *why)
{
	struct passes p = {
		.first = first,
		.second = second,
		.retargeted = retargeted,
		.next = vouch_retarget_next(retargeted->list, NULL),
		.why = why,
	};
	int ret;
	u32 i;

	ret = check_env(&p);
	if (!ret)
		ret = check_facts(&p);
	if (!ret)
		ret = check_maps(&p);
	if (!ret && first->n_progs != second->n_progs)
		ret = differ(&p, "their programs");
	for (i = 0; !ret && i < first->n_progs; i++)
		ret = check_pass(&p, i);
	if (!ret && p.next)
		ret = differ(&p, "the accesses that were to be replaced");
	return ret;
}
