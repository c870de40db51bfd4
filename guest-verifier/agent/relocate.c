// SPDX-License-Identifier: BSD-2-Clause
/* Copies of both relocations, and what is loaded of each. */

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf_call.h"
#include "btf.h"
#include "guest.h"
#include "load.h"
#include "relocate.h"

/* ---- copies ------------------------------------------------------------ */

static struct bpf_insn *copy_insns(const struct bpf_insn *insns, u32 n)
{
	struct bpf_insn *p = calloc(n, sizeof(*p));

	if (p)
		memcpy(p, insns, n * sizeof(*p));
	return p;
}

static int keep(struct vouch_relocate *r, struct vouch_relocate_prog *p,
		const struct bpf_insn *insns, u32 n)
{
	struct bpf_insn **to = r->for_target ? &p->target : &p->own;

	if (*to || !n || n > VOUCH_GUEST_MAX_INSNS || (p->n && p->n != n)) {
		r->failed = true;
		return -1;
	}
	*to = copy_insns(insns, n);
	p->n = n;
	if (!*to)
		r->failed = true;
	/* Nothing is loaded: libbpf gets another name of /dev/null. */
	return *to ? dup(STDIN_FILENO) : -1;
}

static int copy_load(void *arg, union bpf_attr *attr)
{
	struct vouch_relocate *r = arg;
	u32 i;

	for (i = 0; i < r->n_progs; i++)
		if ((uintptr_t)r->progs[i].log_buf == attr->log_buf)
			return keep(r, &r->progs[i],
				    (const void *)(uintptr_t)attr->insns,
				    attr->insn_cnt);
	return -1;
}

int vouch_relocate_copy(struct vouch_load *load, struct vouch_relocate *r,
			bool for_target)
{
	char marks[VOUCH_MAX_PROGS];
	u32 i;
	int err;

	r->n_progs = load->n_progs;
	r->for_target = for_target;
	for (i = 0; i < load->n_progs; i++) {
		r->progs[i].log_buf = &marks[i];
		bpf_program__set_log_buf(load->progs[i].prog, &marks[i], 1);
		bpf_program__set_log_level(load->progs[i].prog, 4);
	}
	vouch_bpf_call_watch(copy_load, r, true);
	err = bpf_object__load(load->bpf) ? -errno : 0;
	vouch_bpf_call_watch(NULL, NULL, false);
	for (i = 0; i < load->n_progs; i++) {
		r->progs[i].log_buf = NULL;
		if (!(for_target ? r->progs[i].target : r->progs[i].own))
			r->failed = true;
	}
	return err ? err : r->failed ? -EINVAL : 0;
}

void vouch_relocate_release(struct vouch_relocate *r)
{
	u32 i;

	vouch_bpf_call_watch(NULL, NULL, false);
	for (i = 0; i < r->n_progs; i++) {
		free(r->progs[i].own);
		free(r->progs[i].target);
		free(r->progs[i].mixed);
		free(r->progs[i].converted);
	}
	memset(r, 0, sizeof(*r));
}

/* ---- mixing ------------------------------------------------------------ */

/* A map, a variable, a function: the value is libbpf's, and changes. */
static bool is_pseudo(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg;
}

static bool is_memory(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return (class == BPF_LDX || class == BPF_STX || class == BPF_ST) &&
	       BPF_MODE(insn->code) == BPF_MEM;
}

static bool differs(const struct vouch_relocate_prog *p, u32 i)
{
	if (is_pseudo(&p->own[i]) || (i && is_pseudo(&p->own[i - 1])))
		return false;
	return memcmp(&p->own[i], &p->target[i], sizeof(p->own[i]));
}

static void mix(struct vouch_relocate_prog *p)
{
	u32 i;

	for (i = 0; i < p->n; i++)
		p->mixed[i] = p->converted[i] ? p->own[i] : p->target[i];
}

static bool same_program(const struct vouch_relocate_prog *p,
			 const struct bpf_insn *insns, u32 n)
{
	u32 i;

	if (n != p->n)
		return false;
	for (i = 0; i < n; i++) {
		if (is_pseudo(&insns[i]) && is_pseudo(&p->own[i])) {
			i++;
			continue;
		}
		if (memcmp(&insns[i], &p->own[i], sizeof(insns[i])))
			return false;
	}
	return true;
}

/* What libbpf has made for the verifier kernel, with the target's put in.
 * Programs that are the same are mixed alike. */
static int mix_load(void *arg, union bpf_attr *attr)
{
	const struct bpf_insn *insns = (const void *)(uintptr_t)attr->insns;
	struct vouch_relocate *r = arg;
	u32 i, j;

	for (i = 0; i < r->n_progs; i++) {
		struct vouch_relocate_prog *p = &r->progs[i];

		if (!same_program(p, insns, attr->insn_cnt))
			continue;
		mix(p);
		for (j = 0; j < p->n; j++)
			if (is_pseudo(&insns[j])) {
				p->mixed[j] = insns[j];
				p->mixed[j + 1] = insns[j + 1];
				j++;
			}
		attr->insns = (uintptr_t)p->mixed;
	}
	return -1;
}

/* At first, each load and store is taken for one that is converted. */
int vouch_relocate_begin(struct vouch_relocate *r)
{
	u32 i, j;

	for (i = 0; i < r->n_progs; i++) {
		struct vouch_relocate_prog *p = &r->progs[i];

		p->mixed = calloc(p->n, sizeof(*p->mixed));
		p->converted = calloc(p->n, sizeof(*p->converted));
		if (!p->mixed || !p->converted)
			return -ENOMEM;
		for (j = 0; j < p->n; j++) {
			if (is_pseudo(&p->own[j]) != is_pseudo(&p->target[j]))
				return -EINVAL;
			p->converted[j] = is_memory(&p->own[j]) &&
					  is_memory(&p->target[j]);
		}
	}
	vouch_bpf_call_watch(mix_load, r, false);
	return 0;
}

/* ---- judging ----------------------------------------------------------- */

static bool refuse_field(struct vouch_load *load, u32 prog,
			 const struct vouch_guest_origin *o, const char *why)
{
	char field[160];

	vouch_btf_field_at(le32_to_cpu(o->structure), le32_to_cpu(o->offset),
			   field, sizeof(field));
	return vouch_load_refuse(load, (int)prog, "program %s: %s: %s",
				 bpf_program__name(load->progs[prog].prog),
				 le32_to_cpu(o->base) == VOUCH_BASE_BTF
					 ? field
					 : "a field of a context",
				 why);
}

/* An instruction that the kernel converts. */
static bool judge_converted(struct vouch_load *load,
			    struct vouch_relocate_prog *p, u32 prog,
			    const struct vouch_guest_origin *o, bool *again)
{
	u32 i = le32_to_cpu(o->insn);

	if (i >= p->n)
		return vouch_load_fail(load,
				       "the module tells of no instruction");
	if (le32_to_cpu(o->base) == VOUCH_BASE_BTF &&
	    le32_to_cpu(o->offset) != (u32)(s32)p->mixed[i].off)
		return refuse_field(
			load, prog, o,
			"the offset is added to the pointer before the access (as BPF_CORE_READ_BITFIELD does), and cannot be made the target's; read the field by BPF_CORE_READ");
	if (!differs(p, i))
		return true;
	if (!is_memory(&p->own[i]) || !is_memory(&p->target[i]))
		return refuse_field(
			load, prog, o,
			"the access needs a field that one of both kernels has not got");
	if (p->own[i].code != p->target[i].code)
		return refuse_field(load, prog, o,
				    "the field has another size on the target");
	if (!p->converted[i])
		*again = true;
	p->converted[i] = true;
	return true;
}

/* The list's entries for one program, one by one. */
struct entries {
	const struct vouch_target *target;
	const struct vouch_replacement *next;
	u32 prog;
};

static const struct vouch_replacement *next_entry(struct entries *e)
{
	const struct vouch_replacement *r;

	if (!e->target->list)
		return NULL;
	do {
		r = vouch_retarget_next(e->target->list, e->next);
		e->next = r;
	} while (r && (le32_to_cpu(r->prog) < e->prog ||
		       le32_to_cpu(r->base) == VOUCH_BASE_PROLOGUE));
	return r && le32_to_cpu(r->prog) == e->prog ? r : NULL;
}

/* Two ways to find where the target has a field must agree: the bridge's by
 * its type, and the object's own relocation. */
static bool judge_entry(struct vouch_load *load,
			const struct vouch_relocate_prog *p, u32 prog,
			const struct vouch_guest_origin *o,
			const struct vouch_replacement *r)
{
	const struct bpf_insn *insn = (const void *)(r + 1);
	u32 i = le32_to_cpu(o->insn);

	if (le32_to_cpu(o->base) != VOUCH_BASE_BTF || !differs(p, i) ||
	    insn->off == p->target[i].off)
		return true;
	return vouch_load_fail(
		load,
		"program %s: the replacement of instruction %u, as loaded, has offset %d, but the object's relocation for the target has %d",
		bpf_program__name(load->progs[prog].prog), i, insn->off,
		p->target[i].off);
}

static bool judge_program(struct vouch_load *load,
			  struct vouch_relocate_prog *p, u32 prog, bool *again)
{
	struct entries entries = { .target = load->target, .prog = prog };
	const struct vouch_replacement *r = next_entry(&entries);
	struct vouch_guest_origin *origins = NULL;
	bool *seen = calloc(p->n, sizeof(*seen));
	bool good = true;
	char why[128];
	u32 i, n = 0;
	int err;

	err = vouch_guest_origins(load->guest_fd, load->progs[prog].log_buf,
				  &origins, &n, why, sizeof(why));
	if (!seen || err) {
		free(seen);
		return vouch_load_fail(
			load, "asking about program %s: %s",
			bpf_program__name(load->progs[prog].prog), why);
	}
	for (i = 0; good && i < n; i++) {
		good = judge_converted(load, p, prog, &origins[i], again);
		if (good && r)
			good = judge_entry(load, p, prog, &origins[i], r);
		if (r)
			r = next_entry(&entries);
		if (good)
			seen[le32_to_cpu(origins[i].insn)] = true;
	}
	for (i = 0; good && i < p->n; i++)
		if (p->converted[i] && !seen[i]) {
			if (differs(p, i))
				*again = true;
			p->converted[i] = false;
		}
	free(origins);
	free(seen);
	return good;
}

bool vouch_relocate_judge(struct vouch_load *load, struct vouch_relocate *r,
			  bool *again)
{
	bool good = true;
	u32 i;

	*again = false;
	for (i = 0; good && i < r->n_progs; i++)
		good = judge_program(load, &r->progs[i], i, again);
	return good;
}
