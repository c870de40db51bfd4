// SPDX-License-Identifier: BSD-2-Clause
/*
 * The instructions of a program in both passes, in lock-step. Branches are
 * compared by where they go.
 */

#include <stdlib.h>

#include "check_passes.h"

#define NOWHERE UINT32_MAX

/* A program while it is compared. */
struct lock {
	const struct vouch_pass *pass;
	struct vouch_refusal *why;
	u32 *map; /* index in the first pass to that in the second */
	u8 *branches; /* of the first pass: compared, and may go elsewhere */
	u32 i, j; /* where the comparison is */
	u32 item; /* the next that differs */
};

static int refuse(struct lock *l, u32 insn, const char *what)
{
	return vouch_refuse_prog(
		l->why, l->pass->first->prog->name,
		"capture: instruction %u: %s; verify again, in "
		"a fresh VM",
		insn, what);
}

static struct bpf_insn at(const struct vouch_capture_prog_view *prog, u32 i)
{
	return vouch_access_insn(prog->insns, i);
}

/* A helper's number becomes a place later, the same in both. */
static bool fits(const struct vouch_capture_prog_view *prog, u32 pos,
		 const struct vouch_expansion *e)
{
	u32 n;

	if (e->n > prog->n_insns - pos)
		return false;
	for (n = 0; n < e->n; n++) {
		struct bpf_insn insn = at(prog, pos + n);

		if (insn.code == (BPF_JMP | BPF_CALL))
			insn.imm = e->insns[n].imm;
		if (memcmp(&insn, &e->insns[n], sizeof(insn)) != 0)
			return false;
	}
	return true;
}

static void skip_same(struct lock *l)
{
	while (l->item < l->pass->n_items && !l->pass->items[l->item].differs)
		l->item++;
}

static bool take_item(struct lock *l)
{
	const struct vouch_pass_item *item = &l->pass->items[l->item];

	if (l->item == l->pass->n_items ||
	    !fits(l->pass->first, l->i, &item->first) ||
	    !fits(l->pass->second, l->j, &item->second))
		return false;
	l->map[l->i] = l->j;
	l->i += item->first.n;
	l->j += item->second.n;
	l->item++;
	skip_same(l);
	return true;
}

/* Where an instruction may go by its off or imm; false: nowhere else. */
static bool target(const struct bpf_insn *insn, u32 i, s64 *to)
{
	if (vouch_insn_is_branch(insn) || (insn->code == (BPF_JMP | BPF_CALL) &&
					   insn->src_reg == BPF_PSEUDO_CALL))
		*to = (s64)i + 1 + insn->off;
	else if (vouch_insn_is_wide(insn) && insn->src_reg == BPF_PSEUDO_FUNC)
		*to = (s64)i + 1 + insn->imm;
	else
		return false;
	return true;
}

/* Is it the same but for the distance? */
static bool same(const struct bpf_insn *a, struct bpf_insn b)
{
	s64 to;

	if (target(a, 0, &to)) {
		b.off = a->off;
		if (vouch_insn_is_wide(a))
			b.imm = a->imm;
	}
	return !memcmp(a, &b, sizeof(b));
}

static int take_insn(struct lock *l)
{
	struct bpf_insn a = at(l->pass->first, l->i);
	struct bpf_insn b = at(l->pass->second, l->j);
	s64 to;

	if (!same(&a, b))
		return refuse(l, l->i,
			      "another one in the second load, though none of "
			      "the accesses that were replaced");
	l->map[l->i] = l->j;
	l->branches[l->i] = target(&a, l->i, &to);
	l->i++;
	l->j++;
	if (!vouch_insn_is_wide(&a))
		return 0;
	/* The second half means nothing by itself. */
	if (l->i == l->pass->first->n_insns || l->j == l->pass->second->n_insns)
		return refuse(l, l->i, "cut off");
	a = at(l->pass->first, l->i++);
	b = at(l->pass->second, l->j++);
	if (memcmp(&a, &b, sizeof(a)) != 0)
		return refuse(l, l->i - 1,
			      "another constant in the second "
			      "load");
	return 0;
}

static int check_targets(struct lock *l)
{
	u32 i, n = l->pass->first->n_insns;

	for (i = 0; i < n; i++) {
		struct bpf_insn a = at(l->pass->first, i), b;
		s64 from = 0, to = 0;

		if (!l->branches[i])
			continue;
		b = at(l->pass->second, l->map[i]);
		if (!target(&a, i, &from) || !target(&b, l->map[i], &to) ||
		    from < 0 || from >= n || l->map[from] == NOWHERE ||
		    l->map[from] != to)
			return refuse(l, i,
				      "it goes elsewhere in the second "
				      "load");
	}
	return 0;
}

static int walk(struct lock *l)
{
	int ret = 0;

	memset(l->map, 0xff, (l->pass->first->n_insns + 1ul) * sizeof(*l->map));
	skip_same(l);
	while (!ret && l->i < l->pass->first->n_insns &&
	       l->j < l->pass->second->n_insns)
		if (!take_item(l))
			ret = take_insn(l);
	if (ret)
		return ret;
	if (l->i < l->pass->first->n_insns || l->j < l->pass->second->n_insns)
		return refuse(l, l->i, "one of the two loads ends here");
	if (l->item < l->pass->n_items)
		return refuse(l, l->pass->items[l->item].insn,
			      "an access that was replaced is not there");
	return check_targets(l);
}

int vouch_check_pass_insns(const struct vouch_pass *pass,
			   struct vouch_refusal *why)
{
	struct lock l = { .pass = pass, .why = why };
	int ret = -ENOMEM;

	l.map = calloc(pass->first->n_insns + 1ul, sizeof(*l.map));
	l.branches = calloc(pass->first->n_insns + 1ul, 1);
	if (l.map && l.branches)
		ret = walk(&l);
	free(l.map);
	free(l.branches);
	return ret;
}
