// SPDX-License-Identifier: BSD-2-Clause
/* Loads that may fault, against the exception table of their capture. */

#include <stdlib.h>

#include "check_extable.h"

/* A function while its loads are matched. */
struct matcher {
	const struct vouch_refs_context *ctx;
	const struct vouch_capture_func_view *func;
	u32 index;
	struct vouch_checked_func *out;
	struct vouch_refusal *why;
};

#define REFUSE(m, off, ...)                                                 \
	vouch_refuse_code((m)->why, (m)->ctx->prog->prog->name, (m)->index, \
			  off, __VA_ARGS__)

static int match_guard(struct matcher *m, const struct vouch_point *p)
{
	u64 end =
		m->ctx->arch->user_end(le32_to_cpu(m->ctx->cap->env->features));

	if (p->value == end)
		return 0;
	return REFUSE(m, p->off,
		      "loads from 0x%llx on, though user space ends at 0x%llx "
		      "in the verifier VM; verify again, in a fresh VM",
		      (unsigned long long)p->value, (unsigned long long)end);
}

static int match_load(struct matcher *m, const struct vouch_point *p)
{
	bool listed = m->out->n_loads < m->func->n_extable;
	const struct vouch_capture_extable *e;
	struct vouch_load *load;

	if (p->plain &&
	    (!listed ||
	     le32_to_cpu(m->func->extable[m->out->n_loads].insn_off) != p->off))
		return 0;
	if (!listed)
		return REFUSE(m, p->off,
			      "a load that may fault has no entry in the "
			      "exception table; verify again, in a fresh VM");
	e = &m->func->extable[m->out->n_loads];
	if (le32_to_cpu(e->insn_off) != p->off ||
	    le32_to_cpu(e->insn_len) != p->len)
		return REFUSE(m, p->off,
			      "the exception table has an entry of %u bytes at "
			      "0x%x instead of this load; verify again, in a "
			      "fresh VM",
			      le32_to_cpu(e->insn_len),
			      le32_to_cpu(e->insn_off));
	if (le32_to_cpu(e->reg) != p->saved_at)
		return REFUSE(m, p->off,
			      "the exception table names another register "
			      "(at %u in pt_regs) than this load's; verify "
			      "again, in a fresh VM",
			      le32_to_cpu(e->reg));
	load = &m->out->loads[m->out->n_loads++];
	load->off = p->off;
	load->len = p->len;
	load->reg = p->reg;
	return 0;
}

int vouch_extable_check(const struct vouch_refs_context *ctx, u32 index,
			const struct vouch_code *code,
			struct vouch_checked_func *out,
			struct vouch_refusal *why)
{
	struct matcher m = {
		.ctx = ctx,
		.func = &ctx->prog->funcs[index],
		.index = index,
		.out = out,
		.why = why,
	};
	int ret = 0;
	u32 i;

	out->loads = calloc(m.func->n_extable + 1ul, sizeof(*out->loads));
	if (!out->loads)
		return -ENOMEM;
	for (i = 0; !ret && i < code->n_points; i++) {
		const struct vouch_point *p = &code->points[i];

		if (p->kind == VOUCH_POINT_GUARD)
			ret = match_guard(&m, p);
		else if (p->kind == VOUCH_POINT_LOAD)
			ret = match_load(&m, p);
	}
	if (!ret && out->n_loads < m.func->n_extable)
		ret = REFUSE(
			&m, le32_to_cpu(m.func->extable[out->n_loads].insn_off),
			"the exception table has an entry for what is no "
			"load that may fault; verify again, in a fresh "
			"VM");
	return ret;
}
