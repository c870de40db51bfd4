// SPDX-License-Identifier: GPL-2.0-only
/* Replacements of one program: shape and bounds, and what may stand there. */

#include <linux/mm.h>
#include <linux/slab.h>

#include "replacements.h"

/* The kernel refuses a conversion that fills its buffer. */
#define MAX_INSNS (VOUCH_MAX_SEQUENCE - 1)

static bool jump_ok(const struct vouch_replace *r, u32 i)
{
	s64 to = (s64)i + 1 + r->insns[i].off;

	return to > i && to <= r->n_insns;
}

/* Nothing but what some kernel's conversion would emit. */
static bool insn_ok(const struct vouch_replace *r, u32 i)
{
	bool prologue = le32_to_cpu(r->head->base) == VOUCH_BASE_PROLOGUE;
	const struct bpf_insn *insn = &r->insns[i];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return true;
	case BPF_LDX:
		return BPF_MODE(insn->code) == BPF_MEM ||
		       (BPF_MODE(insn->code) == BPF_PROBE_MEM &&
			le32_to_cpu(r->head->base) == VOUCH_BASE_BTF);
	case BPF_ST:
	case BPF_STX:
		return BPF_MODE(insn->code) == BPF_MEM;
	case BPF_JMP:
	case BPF_JMP32:
		if (insn->code == (BPF_JMP | BPF_CALL))
			return prologue && !insn->src_reg;
		if (insn->code == (BPF_JMP | BPF_EXIT))
			return prologue;
		return jump_ok(r, i);
	}
	return false;
}

static bool entry_ok(const struct vouch_replace *r)
{
	u32 i, base = le32_to_cpu(r->head->base);
	bool prologue = le32_to_cpu(r->head->insn) == VOUCH_ACCESS_PROLOGUE;
	bool is_prologue = base == VOUCH_BASE_PROLOGUE;

	if (r->head->reserved || !base || base > VOUCH_BASE_BTF ||
	    prologue != is_prologue ||
	    (base == VOUCH_BASE_BTF && r->n_insns != 1))
		return false;
	for (i = 0; i < r->n_insns; i++)
		if (!insn_ok(r, i))
			return false;
	return true;
}

/* Of one program, ascending, the prologue first. */
static bool order_ok(const struct vouch_replace *r)
{
	const struct vouch_replacement *a = r[-1].head, *b = r->head;

	return a->prog == b->prog &&
	       le32_to_cpu(b->insn) != VOUCH_ACCESS_PROLOGUE &&
	       (le32_to_cpu(a->insn) == VOUCH_ACCESS_PROLOGUE ||
		le32_to_cpu(a->insn) < le32_to_cpu(b->insn));
}

/* Return: bytes of the entry at @p, or 0. */
static u64 read_entry(struct vouch_replace *r, const void *p, u64 size)
{
	u64 len;

	if (size < sizeof(*r->head))
		return 0;
	r->head = p;
	r->insns = p + sizeof(*r->head);
	r->n_insns = le32_to_cpu(r->head->n_insns);
	if (!r->n_insns || r->n_insns > MAX_INSNS)
		return 0;
	len = sizeof(*r->head) + r->n_insns * sizeof(*r->insns);
	return len <= size && entry_ok(r) ? len : 0;
}

int vouch_replacements_read(struct vouch_replacements *r, void *list, u64 size)
{
	u64 most = size /
		   (sizeof(struct vouch_replacement) + sizeof(struct bpf_insn));
	u64 at, len;

	r->list = list;
	r->n = 0;
	r->all = NULL;
	if (!size || most > VOUCH_MAX_ACCESSES)
		return -EINVAL;
	r->all = kvcalloc(most, sizeof(*r->all), GFP_KERNEL_ACCOUNT);
	if (!r->all)
		return most ? -ENOMEM : -EINVAL;
	for (at = 0; at < size; at += len, r->n++) {
		if (r->n == most)
			return -EINVAL;
		len = read_entry(&r->all[r->n], list + at, size - at);
		if (!len || (r->n && !order_ok(&r->all[r->n])))
			return -EINVAL;
	}
	return 0;
}

void vouch_replacements_free(struct vouch_replacements *r)
{
	kvfree(r->all);
	kvfree(r->list);
	memset(r, 0, sizeof(*r));
}
