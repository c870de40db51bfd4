// SPDX-License-Identifier: BSD-2-Clause
/*
 * The machine code of a program in both passes, in lock-step. Branches are
 * compared by where they go; an instruction may differ only where a listed
 * access does, and only by the displacement or immediate of that access. Where
 * the target reaches a field by other instructions, each pass must have what
 * the JIT makes of its own.
 */

#include <stdlib.h>

#include "../disasm.h"
#include "compiled.h"
#include "insn.h"
#include "passes.h"

#define NOWHERE UINT32_MAX

/* What may differ in one instruction. */
enum what {
	DISPLACEMENT,
	IMMEDIATE,
	LIMIT, /* of a load that may fault: an address with the offset added */
};

struct change {
	enum what what;
	s64 first, second;
};

/* An access has so many at most. */
#define MAX_CHANGES (VOUCH_EXPANSION_MAX + 2)

/* A program while it is compared. */
struct lock {
	const struct vouch_pass *pass;
	struct vouch_refusal *why;
	struct vouch_disasm *disasm;
	u32 item; /* the next that differs */
	struct change changes[MAX_CHANGES]; /* of it */
	u32 n_changes, change;
	bool other_shape; /* it is to be compared whole */
	bool other_pushes; /* the passes may save other registers */
	/* One function */
	u32 func;
	const struct vouch_capture_func_view *a, *b;
	u32 *map; /* offset in the first pass to that in the second */
	u8 *branches; /* lengths of branches in the first pass */
	u32 x, y; /* where the comparison is */
	u32 skipped; /* where the second pass restores what the first does not
		      */
};

static int refuse(struct lock *l, u32 off, const char *what)
{
	return vouch_refuse_code(l->why, l->pass->first->prog->name, l->func,
				 off, "%s; verify again, in a fresh VM", what);
}

/* ---- what a listed access lets differ ---- */

static void add_change(struct lock *l, enum what what, s64 first, s64 second)
{
	l->changes[l->n_changes++] = (struct change){ what, first, second };
}

/* The changes of one instruction of a sequence of the same shape. */
static void add_changes(struct lock *l, const struct bpf_insn *a,
			const struct bpf_insn *b, bool may_fault)
{
	if (a->off != b->off && may_fault) {
		add_change(l, LIMIT, a->off, b->off);
		add_change(l, IMMEDIATE, a->off, b->off);
	}
	if (a->off != b->off)
		add_change(l, DISPLACEMENT, a->off, b->off);
	if (a->imm != b->imm)
		add_change(l, IMMEDIATE, a->imm, b->imm);
}

/* The next access that differs, and how. */
static int next_item(struct lock *l)
{
	const struct vouch_pass_item *item;
	u32 i;

	l->n_changes = l->change = 0;
	l->other_shape = false;
	while (l->item < l->pass->n_items && !l->pass->items[l->item].differs)
		l->item++;
	if (l->item == l->pass->n_items)
		return 0;
	item = &l->pass->items[l->item];
	l->other_shape = !vouch_compiled_alike(&item->first, &item->second);
	for (i = 0; !l->other_shape && i < item->first.n; i++)
		add_changes(l, &item->first.insns[i], &item->second.insns[i],
			    item->base == VOUCH_BASE_BTF);
	if (!l->other_shape || (vouch_compiled_knows(&item->first) &&
				vouch_compiled_knows(&item->second)))
		return 0;
	return vouch_refuse_prog(
		l->why, l->pass->first->prog->name,
		"instruction %u: the target reaches that field by "
		"instructions that cannot be checked; use a verifier "
		"kernel built from the target's source",
		item->insn);
}

/* Other instructions may use other registers, which have to be saved. */
static void expect_pushes(struct lock *l)
{
	const struct vouch_pass_item *item;
	u32 i;

	for (i = 0; i < l->pass->n_items; i++) {
		item = &l->pass->items[i];
		if (!vouch_compiled_alike(&item->first, &item->second))
			l->other_pushes = true;
	}
}

static bool is_change(const struct vouch_x86_insn *a,
		      const struct vouch_x86_insn *b, const struct change *c)
{
	bool disp = a->disp != b->disp, imm = a->imm != b->imm;

	if (disp == imm)
		return false;
	switch (c->what) {
	case DISPLACEMENT:
		return disp && a->mem && a->disp == c->first &&
		       b->disp == c->second;
	case IMMEDIATE:
		return imm && a->kind != VOUCH_X86_MOVABS &&
		       a->imm == c->first && b->imm == c->second;
	default:
		return imm && a->kind == VOUCH_X86_MOVABS &&
		       (u64)b->imm - (u64)a->imm ==
			       (u64)c->second - (u64)c->first;
	}
}

static bool is_address(const struct vouch_capture_prog_view *prog, u32 func,
		       s64 imm)
{
	return func < prog->n_funcs &&
	       le64_to_cpu(prog->funcs[func].func->address) == (u64)imm;
}

/* A function that is called back is at another address in each load. */
static bool is_function(const struct lock *l, const struct vouch_x86_insn *a,
			const struct vouch_x86_insn *b)
{
	u32 i;

	if (a->kind != VOUCH_X86_MOVABS || b->kind != VOUCH_X86_MOVABS ||
	    a->writes != b->writes)
		return false;
	for (i = 0; i < l->pass->first->n_funcs; i++)
		if (is_address(l->pass->first, i, a->imm))
			return is_address(l->pass->second, i, b->imm);
	return false;
}

/* Does the next change of a listed access explain the difference? */
static int take_change(struct lock *l, const struct vouch_x86_insn *a,
		       const struct vouch_x86_insn *b)
{
	bool alike = a->kind == b->kind && a->wide == b->wide &&
		     a->mem == b->mem && a->rm == b->rm && a->reg == b->reg &&
		     a->writes == b->writes && a->access == b->access &&
		     !strcmp(a->mnemonic, b->mnemonic);

	if (!alike || l->change == l->n_changes ||
	    !is_change(a, b, &l->changes[l->change]))
		return refuse(l, a->off,
			      "another instruction in the second load, though "
			      "none of an access that was replaced");
	l->change++;
	if (l->change < l->n_changes)
		return 0;
	l->item++;
	return next_item(l);
}

/* ---- the walk ---- */

static bool is_branch(const struct vouch_x86_insn *insn)
{
	return insn->kind == VOUCH_X86_JMP || insn->kind == VOUCH_X86_JCC;
}

static bool same_bytes(const struct lock *l, u32 a_len, u32 b_len)
{
	return a_len == b_len && a_len <= l->a->code_len - l->x &&
	       b_len <= l->b->code_len - l->y &&
	       !memcmp(l->a->code + l->x, l->b->code + l->y, a_len);
}

static void step(struct lock *l, u32 a_len, u32 b_len)
{
	l->map[l->x] = l->skipped == NOWHERE ? l->y : l->skipped;
	l->skipped = NOWHERE;
	l->x += a_len;
	l->y += b_len;
}

/* The prologue's instructions are not in the list of the body's. */
static int take_other(struct lock *l)
{
	struct vouch_disasm_insn a;

	if (vouch_disasm_step(l->disasm, l->a->code + l->x,
			      l->a->code_len - l->x, &a) ||
	    !same_bytes(l, a.len, a.len))
		return refuse(l, l->x,
			      "another instruction in the second "
			      "load");
	step(l, a.len, a.len);
	return 0;
}

/* The JIT adds the offset of a load that may fault in this one form, though a
 * byte may do; nowhere else it writes that. */
static int decode(const struct vouch_capture_func_view *f, u32 off,
		  struct vouch_x86_insn *insn)
{
	static const u8 add[] = { 0x49, 0x81, 0xc3 }; /* add r11, imm32 */
	u32 left = f->code_len - off;
	s32 imm;

	if (left < sizeof(add) + sizeof(imm) ||
	    memcmp(f->code + off, add, sizeof(add)) != 0)
		return vouch_x86_decode(f->code + off, left, insn);
	memcpy(&imm, f->code + off + sizeof(add), sizeof(imm));
	*insn = (struct vouch_x86_insn){ .mnemonic = "add",
					 .len = sizeof(add) + sizeof(imm),
					 .kind = VOUCH_X86_PLAIN,
					 .imm = imm };
	return 0;
}

/* An access that the target reaches by other instructions. */
static bool take_item(struct lock *l)
{
	const struct vouch_pass_item *item = &l->pass->items[l->item];
	int first, second;

	if (!l->other_shape)
		return false;
	first = vouch_x86_compiled_length(&item->first, l->a->code + l->x,
					  l->a->code_len - l->x);
	second = vouch_x86_compiled_length(&item->second, l->b->code + l->y,
					   l->b->code_len - l->y);
	if (first < 0 || second < 0)
		return false;
	step(l, (u32)first, (u32)second);
	l->item++;
	return true;
}

static bool is_saved(const struct vouch_x86_insn *insn, u8 kind)
{
	return insn->kind == kind &&
	       (insn->rm == VOUCH_X86_RBX || insn->rm >= VOUCH_X86_R13);
}

/* What is saved, and that it is restored, is checked of the code by itself. */
static bool skip_saved(struct lock *l, const struct vouch_x86_insn *a,
		       const struct vouch_x86_insn *b)
{
	bool pops = is_saved(a, VOUCH_X86_POP) || is_saved(b, VOUCH_X86_POP);
	u8 kind = pops ? VOUCH_X86_POP : VOUCH_X86_PUSH;
	bool in_a = is_saved(a, kind), in_b = is_saved(b, kind);

	if (!l->other_pushes || (!in_a && !in_b))
		return false;
	/* Pushed in the order of their numbers, popped in reverse order. */
	if (in_a && in_b)
		in_a = pops ? a->rm > b->rm : a->rm < b->rm;
	if (in_a) {
		l->map[l->x] = l->skipped == NOWHERE ? l->y : l->skipped;
		l->x += a->len;
		return true;
	}
	/* A branch to the end goes to the first that is restored. */
	if (pops && l->skipped == NOWHERE)
		l->skipped = l->y;
	l->y += b->len;
	return true;
}

static int take_insn(struct lock *l)
{
	struct vouch_x86_insn a = {}, b = {};
	int ret = 0;

	if (decode(l->a, l->x, &a) || decode(l->b, l->y, &b))
		return take_other(l);
	a.off = l->x;
	if (!same_bytes(l, a.len, b.len) && skip_saved(l, &a, &b))
		return 0;
	if (is_branch(&a) && a.kind == b.kind &&
	    !strcmp(a.mnemonic, b.mnemonic))
		l->branches[l->x] = a.len;
	else if (a.kind != VOUCH_X86_CALL || b.kind != VOUCH_X86_CALL)
		ret = same_bytes(l, a.len, b.len) || is_function(l, &a, &b)
			      ? 0
			      : take_change(l, &a, &b);
	if (!ret)
		step(l, a.len, b.len);
	return ret;
}

/* Out of the function leads the exit alone, which is checked by itself. */
static int check_target(struct lock *l, u32 off)
{
	struct vouch_x86_insn a = {}, b = {};
	u32 other = l->map[off];
	s64 from, to;

	if (decode(l->a, off, &a) || decode(l->b, other, &b))
		return refuse(l, off, "no branch in the second load");
	from = (s64)off + a.len + a.imm;
	to = (s64)other + b.len + b.imm;
	if (from < 0 || from >= l->a->code_len)
		return to < 0 || to >= l->b->code_len
			       ? 0
			       : refuse(l, off,
					"it stays in the function in "
					"the second load");
	if (l->map[from] == NOWHERE || l->map[from] != to)
		return refuse(l, off, "it goes elsewhere in the second load");
	return 0;
}

static int walk(struct lock *l)
{
	int ret = 0;
	u32 i;

	memset(l->map, 0xff, (l->a->code_len + 1ul) * sizeof(*l->map));
	while (!ret && l->x < l->a->code_len && l->y < l->b->code_len)
		ret = take_item(l) ? next_item(l) : take_insn(l);
	if (!ret && (l->x != l->a->code_len || l->y != l->b->code_len))
		ret = refuse(l, l->x, "one of the two loads ends here");
	for (i = 0; !ret && i < l->a->code_len; i++)
		if (l->branches[i])
			ret = check_target(l, i);
	return ret;
}

static int check_func(struct lock *l)
{
	int ret = -ENOMEM;

	l->a = &l->pass->first->funcs[l->func];
	l->b = &l->pass->second->funcs[l->func];
	l->x = l->y = 0;
	l->skipped = NOWHERE;
	l->map = calloc(l->a->code_len + 1ul, sizeof(*l->map));
	l->branches = calloc(l->a->code_len + 1ul, 1);
	if (l->map && l->branches)
		ret = walk(l);
	free(l->map);
	free(l->branches);
	return ret;
}

int vouch_x86_check_pass(const struct vouch_pass *pass,
			 struct vouch_refusal *why)
{
	struct lock l = { .pass = pass, .why = why };
	int ret;

	l.disasm = vouch_disasm_new(VOUCH_ARCH_X86_64);
	expect_pushes(&l);
	ret = l.disasm ? next_item(&l) : -ENOMEM;
	while (!ret && l.func < pass->first->n_funcs) {
		ret = check_func(&l);
		l.func++;
	}
	if (!ret && l.item < pass->n_items)
		ret = vouch_pass_missed(pass, l.item, why);
	vouch_disasm_free(l.disasm);
	return ret;
}
