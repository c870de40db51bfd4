// SPDX-License-Identifier: BSD-2-Clause
/*
 * The machine code of a program in both passes, in lock-step. Both are read as
 * eBPF: an instruction of the one must be that of the other, and branches are
 * compared by where they go. Only where a listed access differs may the code,
 * and then each pass must have what the JIT makes of its own instructions.
 */

#include <stdlib.h>

#include "../disasm.h"
#include "passes.h"
#include "shape.h"

#define LEN VOUCH_ARM64_INSN_LEN
#define NOWHERE UINT32_MAX

/* One pass of a function. */
struct side {
	const struct vouch_capture_func_view *func;
	struct vouch_arm64_shape shape;
	u32 at; /* index of the next instruction of eBPF */
};

/* A program while it is compared. */
struct lock {
	const struct vouch_pass *pass;
	struct vouch_refusal *why;
	struct vouch_disasm *disasm;
	u32 item; /* the next that differs */
	u32 func;
	struct side a, b;
	/* By offset / LEN in the first pass: the offset in the second, and
	 * where an instruction is compared with its like. */
	u32 *map;
	u8 *compared;
};

static int refuse(struct lock *l, u32 off, const char *what)
{
	return vouch_refuse_code(l->why, l->pass->first->prog->name, l->func,
				 off, "%s; verify again, in a fresh VM", what);
}

static bool ends(const struct side *s)
{
	return s->at == s->shape.n_units;
}

/* What is next, unless it ends. */
static const struct vouch_arm64_unit *next(const struct side *s)
{
	return &s->shape.units[s->at];
}

static u32 place(const struct side *s)
{
	return ends(s) ? s->shape.end : next(s)->off;
}

static void next_item(struct lock *l)
{
	while (l->item < l->pass->n_items && !l->pass->items[l->item].differs)
		l->item++;
}

/* ---- accesses that differ ---- */

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static bool is_exit(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT);
}

/* An instruction of an expansion at a place. None is a program's last, so that
 * a return is a jump to the end. */
static struct vouch_arm64_unit unit_at(const struct side *s,
				       const struct bpf_insn *insn, u32 off)
{
	struct vouch_arm64_unit unit = { .insn = *insn, .off = off };

	if (is_exit(insn)) {
		unit.insn.code = BPF_JMP | BPF_JA;
		unit.target = s->shape.end;
	}
	return unit;
}

/* Is the code at @off what the JIT makes of this instruction? */
static bool is_compiled(const struct side *s,
			const struct vouch_arm64_unit *unit)
{
	u32 words[VOUCH_ARM64_WORDS];
	int n = vouch_arm64_emit(unit, &s->shape.frame, words), i;

	if (n < 0 || (u32)n * LEN > s->shape.end - unit->off)
		return false;
	for (i = 0; i < n; i++) {
		const __le32 le = cpu_to_le32(words[i]);

		if (memcmp(s->func->code + unit->off + (size_t)i * LEN, &le,
			   sizeof(le)) != 0)
			return false;
	}
	return true;
}

/* What is called, the references say. */
static bool is_call_at(const struct side *s, u32 off)
{
	u32 i;

	for (i = s->at; i < s->shape.n_units; i++)
		if (s->shape.units[i].off == off)
			return is_call(&s->shape.units[i].insn);
	return false;
}

/* Where each instruction of @e starts if the first does at the place of @s. */
static bool lay_out(const struct side *s, const struct vouch_expansion *e,
		    u32 starts[VOUCH_EXPANSION_MAX + 1])
{
	u32 words[VOUCH_ARM64_WORDS], i;
	struct vouch_arm64_unit unit;
	int n;

	starts[0] = place(s);
	for (i = 0; i < e->n; i++) {
		unit = unit_at(s, &e->insns[i], starts[i]);
		n = vouch_arm64_emit(&unit, &s->shape.frame, words);
		if (n < 0)
			return false;
		starts[i + 1] = starts[i] + (u32)n * LEN;
	}
	return starts[e->n] <= s->shape.end;
}

/* Sets where the code goes on behind @e, if @e is what is there. */
static bool match(const struct side *s, const struct vouch_expansion *e,
		  u32 *end)
{
	u32 starts[VOUCH_EXPANSION_MAX + 1], i;

	if (!lay_out(s, e, starts))
		return false;
	for (i = 0; i < e->n; i++) {
		struct vouch_arm64_unit unit =
			unit_at(s, &e->insns[i], starts[i]);
		s64 to = (s64)i + 1 + unit.insn.off;

		if (is_call(&unit.insn)) {
			if (!is_call_at(s, starts[i]))
				return false;
			continue;
		}
		if (vouch_arm64_is_branch(&unit) && !is_exit(&e->insns[i])) {
			if (to < 0 || to > e->n)
				return false;
			unit.target = starts[to];
		}
		if (!is_compiled(s, &unit))
			return false;
	}
	*end = starts[e->n];
	return true;
}

/* Goes on at @end, where an instruction of eBPF must start. */
static bool move(struct side *s, u32 end)
{
	while (place(s) < end)
		s->at++;
	return place(s) == end;
}

/* Returns 1 if the next access that differs is here, 0 if it is not. */
static int take_item(struct lock *l)
{
	const struct vouch_pass_item *item = &l->pass->items[l->item];
	u32 first, second, from = place(&l->a), to = place(&l->b);

	if (l->item == l->pass->n_items ||
	    !match(&l->a, &item->first, &first) ||
	    !match(&l->b, &item->second, &second))
		return 0;
	if (!move(&l->a, first) || !move(&l->b, second))
		return refuse(l, from,
			      "an access that was replaced ends within an "
			      "instruction");
	l->map[from / LEN] = to;
	l->item++;
	next_item(l);
	return 1;
}

/* ---- everything else ---- */

static int function_at(const struct vouch_capture_prog_view *prog, u64 address)
{
	u32 i;

	for (i = 0; i < prog->n_funcs; i++)
		if (le64_to_cpu(prog->funcs[i].func->address) == address)
			return (int)i;
	return -ENOENT;
}

/* A function is at another address in each load. */
static bool same_value(const struct lock *l, u64 a, u64 b)
{
	int func = function_at(l->pass->first, a);

	return func < 0 ? a == b : func == function_at(l->pass->second, b);
}

static bool is_alike(const struct lock *l, const struct vouch_arm64_unit *a,
		     const struct vouch_arm64_unit *b)
{
	if (memcmp(&a->insn, &b->insn, sizeof(a->insn)) != 0)
		return false;
	/* What is called, the references say. */
	if (is_call(&a->insn) || vouch_arm64_is_branch(a))
		return true;
	if (BPF_CLASS(a->insn.code) == BPF_LD)
		return same_value(l, a->value, b->value);
	return memcmp(&a->layout, &b->layout, sizeof(a->layout)) == 0;
}

static int take_unit(struct lock *l)
{
	const struct vouch_arm64_unit *a, *b;

	if (ends(&l->a) || ends(&l->b))
		return refuse(l, place(&l->a),
			      "one of the two loads ends here");
	a = next(&l->a);
	b = next(&l->b);
	if (!is_alike(l, a, b))
		return refuse(l, a->off,
			      "another instruction in the second load, though "
			      "none of an access that was replaced");
	l->map[a->off / LEN] = b->off;
	l->compared[a->off / LEN] = 1;
	l->a.at++;
	l->b.at++;
	return 0;
}

/* Branches within what was replaced are compared with it. */
static int check_branches(struct lock *l)
{
	const struct vouch_arm64_shape *a = &l->a.shape, *b = &l->b.shape;
	u32 i, n = 0;

	for (i = 0; i < a->n_units; i++) {
		const struct vouch_arm64_unit *unit = &a->units[i];

		if (!l->compared[unit->off / LEN] ||
		    !vouch_arm64_is_branch(unit))
			continue;
		while (n < b->n_units &&
		       b->units[n].off < l->map[unit->off / LEN])
			n++;
		if (n == b->n_units ||
		    l->map[unit->target / LEN] != b->units[n].target)
			return refuse(l, unit->off,
				      "it goes elsewhere in the second load");
	}
	return 0;
}

static int walk(struct lock *l)
{
	int ret = 0;

	memset(l->map, 0xff, (l->a.shape.end / LEN + 1ul) * sizeof(*l->map));
	while (ret >= 0 && (!ends(&l->a) || !ends(&l->b))) {
		ret = take_item(l);
		if (!ret)
			ret = take_unit(l);
	}
	if (ret < 0)
		return ret;
	l->map[l->a.shape.end / LEN] = l->b.shape.end;
	return check_branches(l);
}

static int read_side(struct lock *l, struct side *s,
		     const struct vouch_capture_prog_view *prog)
{
	const struct vouch_capture_func_view *f = &prog->funcs[l->func];
	const struct vouch_code_place place = {
		.program = prog->prog->name,
		.function = l->func,
		.code = f->code,
		.len = f->code_len,
		.address = le64_to_cpu(f->func->address),
	};

	*s = (struct side){ .func = f };
	return vouch_arm64_shape_read(l->disasm, &place, &s->shape, l->why);
}

static int check_func(struct lock *l)
{
	int ret = read_side(l, &l->a, l->pass->first);

	if (ret)
		return ret;
	ret = read_side(l, &l->b, l->pass->second);
	l->map = calloc(l->a.shape.end / LEN + 1ul, sizeof(*l->map));
	l->compared = calloc(l->a.shape.end / LEN + 1ul, 1);
	if (!ret && (!l->map || !l->compared))
		ret = -ENOMEM;
	if (!ret && memcmp(&l->a.shape.frame, &l->b.shape.frame,
			   sizeof(l->a.shape.frame)) != 0)
		ret = refuse(l, 0, "another stack frame in the second load");
	if (!ret)
		ret = walk(l);
	free(l->map);
	free(l->compared);
	vouch_arm64_shape_release(&l->a.shape);
	vouch_arm64_shape_release(&l->b.shape);
	return ret;
}

int vouch_arm64_check_pass(const struct vouch_pass *pass,
			   struct vouch_refusal *why)
{
	struct lock l = { .pass = pass, .why = why };
	int ret;

	l.disasm = vouch_disasm_new(VOUCH_ARCH_ARM64);
	ret = l.disasm ? 0 : -ENOMEM;
	next_item(&l);
	while (!ret && l.func < pass->first->n_funcs) {
		ret = check_func(&l);
		l.func++;
	}
	if (!ret && l.item < pass->n_items)
		ret = vouch_pass_missed(pass, l.item, why);
	vouch_disasm_free(l.disasm);
	return ret;
}
