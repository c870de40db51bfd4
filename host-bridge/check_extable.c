// SPDX-License-Identifier: BSD-2-Clause
/* Loads that may fault, against the exception table of their capture. */

#include <stdlib.h>

#include "check_extable.h"

/* Where the kernel saves a register; struct pt_regs of x86-64, which user
 * space knows as well. */
static const u32 saved_at[16] = {
	[VOUCH_X86_RAX] = 80,  [VOUCH_X86_RCX] = 88,  [VOUCH_X86_RDX] = 96,
	[VOUCH_X86_RBX] = 40,  [VOUCH_X86_RSP] = 152, [VOUCH_X86_RBP] = 32,
	[VOUCH_X86_RSI] = 104, [VOUCH_X86_RDI] = 112, [VOUCH_X86_R8] = 72,
	[VOUCH_X86_R9] = 64,   [VOUCH_X86_R10] = 56,  [VOUCH_X86_R11] = 48,
	[VOUCH_X86_R12] = 24,  [VOUCH_X86_R13] = 16,  [VOUCH_X86_R14] = 8,
	[VOUCH_X86_R15] = 0,
};

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

/*
 * TASK_SIZE_MAX is a page less than the end of user space, to which do_jit()
 * adds a page, and the displacement whatever its sign.
 */
static int match_limit(const struct matcher *m,
		       const struct vouch_x86_insn *insn)
{
	bool la57 = le32_to_cpu(m->ctx->cap->env->features) &
		    VOUCH_FEATURE_LA57;
	u64 end = 1ull << (la57 ? 56 : 47);
	u64 disp = insn->disp < 0 ? -(s64)insn->disp : insn->disp;

	if ((u64)insn->imm == end + disp)
		return 0;
	return REFUSE(m, insn->off,
		      "checks an address against 0x%llx, though user space "
		      "ends at 0x%llx in the verifier VM; verify again, in a "
		      "fresh VM",
		      (unsigned long long)insn->imm, (unsigned long long)end);
}

static int match_load(struct matcher *m, const struct vouch_x86_insn *insn)
{
	const struct vouch_capture_extable *e;
	struct vouch_load *load;

	if (m->out->n_loads == m->func->n_extable)
		return REFUSE(m, insn->off,
			      "a load that may fault has no entry in the "
			      "exception table; verify again, in a fresh VM");
	e = &m->func->extable[m->out->n_loads];
	if (le32_to_cpu(e->insn_off) != insn->off ||
	    le32_to_cpu(e->insn_len) != insn->len)
		return REFUSE(m, insn->off,
			      "the exception table has an entry of %u bytes at "
			      "0x%x instead of this load; verify again, in a "
			      "fresh VM",
			      le32_to_cpu(e->insn_len),
			      le32_to_cpu(e->insn_off));
	if (le32_to_cpu(e->reg) != saved_at[insn->reg])
		return REFUSE(m, insn->off,
			      "the exception table names another register "
			      "(at %u in pt_regs) than this load's; verify "
			      "again, in a fresh VM",
			      le32_to_cpu(e->reg));
	load = &m->out->loads[m->out->n_loads++];
	load->off = insn->off;
	load->len = insn->len;
	load->reg = insn->reg;
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
	for (i = 0; !ret && i < code->n_insns; i++) {
		const struct vouch_x86_insn *insn = &code->insns[i];

		if (insn->kind == VOUCH_X86_PROBE)
			ret = match_limit(&m, insn);
		else if (insn->kind == VOUCH_X86_PROBE_LOAD)
			ret = match_load(&m, insn);
	}
	if (!ret && out->n_loads < m.func->n_extable)
		ret = REFUSE(
			&m, le32_to_cpu(m.func->extable[out->n_loads].insn_off),
			"the exception table has an entry for what is no "
			"load that may fault; verify again, in a fresh "
			"VM");
	return ret;
}
