// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe at entry and return of the verifier's conversion. Entry swaps the
 * operations, return puts the kernel's back: both with preemption off. What
 * is called in between runs in the loading task and may sleep; meanwhile the
 * watch is claimed, and so cannot go.
 */

#include <linux/bpf_verifier.h>
#include <linux/filter.h>
#include <linux/kprobes.h>

#include "lookup.h"
#include "ops.h"
#include "watch.h"

/* Loads whose conversion is under way at the same time, also of others. */
#define MAX_LOADS 64

/* What the return has to put back. */
struct swap {
	struct vouch_watch *watch;
};

/* Where replacement and access differ, the kernel's conversion stands. */
static bool fits(const struct vouch_replace *r,
		 const struct vouch_noted_access *access)
{
	return le32_to_cpu(r->head->insn) == access->insn &&
	       le32_to_cpu(r->head->base) == access->base &&
	       !memcmp(r->head->expected, &access->code, sizeof(access->code));
}

static bool all_fit(struct vouch_watch *watch)
{
	struct vouch_accesses *a = &watch->accesses;
	struct vouch_replacements *r = &watch->replacements;
	u32 i;

	for (i = 0; i < a->n && i < r->n; i++)
		if (!fits(&r->all[i], &a->all[i])) {
			vouch_accesses_refuse(
				a, a->all[i].insn,
				"is not what the replacement expects");
			return false;
		}
	if (a->n != r->n) {
		vouch_accesses_refuse(
			a, i < a->n ? a->all[i].insn : 0,
			i < a->n ? "has no replacement"
				 : "and others: too many replacements");
		return false;
	}
	return true;
}

/* Only the offset of a load from a kernel structure may differ. */
static void replace_btf(struct vouch_watch *watch, u32 i)
{
	struct vouch_noted_access *access = &watch->accesses.all[i];
	struct bpf_insn *noted = &watch->accesses.insns[access->first];
	struct bpf_insn want = watch->replacements.all[i].insns[0];

	noted->off = want.off;
	if (memcmp(noted, &want, sizeof(want))) {
		vouch_accesses_refuse(
			&watch->accesses, access->insn,
			"would be replaced by another kind of instruction");
		return;
	}
	watch->env->prog->insnsi[access->insn].off = want.off;
}

static void replace_prologue(struct vouch_watch *watch, struct bpf_insn *buf,
			     u32 *n)
{
	struct vouch_noted_access *access = &watch->accesses.all[0];
	const struct vouch_replace *r = &watch->replacements.all[0];

	if (memcmp(&r->insns[r->n_insns - 1], &access->code,
		   sizeof(access->code))) {
		vouch_accesses_refuse(&watch->accesses, 0,
				      "would not follow the replaced prologue");
		return;
	}
	memcpy(buf, r->insns, r->n_insns * sizeof(*buf));
	*n = r->n_insns;
	vouch_accesses_put(&watch->accesses, access, buf, *n, 0);
}

/* What needs no conversion call: the prologue, loads from structures. */
static void replace_early(struct vouch_watch *watch, struct bpf_insn *buf,
			  u32 *n)
{
	u32 i;

	if (!watch->replacements.n || *watch->accesses.why)
		return;
	watch->replace = all_fit(watch);
	for (i = 0; watch->replace && i < watch->accesses.n; i++) {
		if (watch->accesses.all[i].base == VOUCH_BASE_BTF)
			replace_btf(watch, i);
		else if (watch->accesses.all[i].base == VOUCH_BASE_PROLOGUE)
			replace_prologue(watch, buf, n);
	}
}

static int gen_prologue(struct bpf_insn *buf, bool direct_write,
			const struct bpf_prog *prog)
{
	struct vouch_watch *watch = vouch_watch_converting(prog);
	u32 n = 0;

	/* As the kernel says it of a type that must not write packets. */
	if (!watch || (direct_write && !watch->kernel_ops->gen_prologue))
		return VOUCH_MAX_SEQUENCE;
	if (watch->kernel_ops->gen_prologue)
		n = watch->kernel_ops->gen_prologue(buf, direct_write, prog);
	if (n >= VOUCH_MAX_SEQUENCE)
		return n;
	vouch_accesses_begin(&watch->accesses, watch->env, &watch->witnesses,
			     buf, n);
	replace_early(watch, buf, &n);
	return n;
}

static vouch_convert_fn kernel_conversion(const struct vouch_watch *watch,
					  const struct vouch_noted_access *a)
{
	switch (a ? a->base : VOUCH_BASE_CTX) {
	case VOUCH_BASE_SOCKET:
	case VOUCH_BASE_SOCK_COMMON:
		return vouch_lookup()->sock;
	case VOUCH_BASE_TCP_SOCK:
		return vouch_lookup()->tcp_sock;
	case VOUCH_BASE_XDP_SOCK:
		return vouch_lookup()->xdp_sock;
	}
	return watch->kernel_ops->convert_ctx_access;
}

/* The kernel's own is called in any case: it also notes things elsewhere. */
static u32 convert(enum bpf_access_type type, const struct bpf_insn *si,
		   struct bpf_insn *buf, struct bpf_prog *prog,
		   u32 *target_size)
{
	struct vouch_watch *watch = vouch_watch_converting(prog);
	struct vouch_noted_access *access;
	const struct vouch_replace *r;
	u32 n;

	if (!watch)
		return 0;
	access = vouch_accesses_next(&watch->accesses, watch->env,
				     si - prog->insnsi);
	n = kernel_conversion(watch, access)(type, si, buf, prog, target_size);
	if (!access || !n || n >= VOUCH_MAX_SEQUENCE)
		return n;
	if (watch->replace) {
		r = &watch->replacements.all[access - watch->accesses.all];
		n = r->n_insns;
		memcpy(buf, r->insns, n * sizeof(*buf));
		*target_size = le32_to_cpu(r->head->target_size);
	}
	vouch_accesses_put(&watch->accesses, access, buf, n, *target_size);
	return n;
}

static int enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct bpf_verifier_env *env =
		(void *)regs_get_kernel_argument(regs, 0);
	struct vouch_watch *watch = vouch_watch_of_load(env);
	struct swap *swap = (void *)ri->data;

	if (!watch)
		return 1;
	swap->watch = watch;
	watch->env = env;
	watch->replace = false;
	watch->accesses.aux = NULL;
	watch->accesses.complete = false;
	watch->kernel_ops = env->ops;
	watch->ops = *env->ops;
	watch->ops.gen_prologue = gen_prologue;
	if (env->ops->convert_ctx_access)
		watch->ops.convert_ctx_access = convert;
	WRITE_ONCE(watch->converting, env->prog->aux);
	env->ops = &watch->ops;
	return 0;
}

static int leave(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct vouch_watch *watch = ((struct swap *)ri->data)->watch;

	watch->env->ops = watch->kernel_ops;
	watch->env = NULL;
	WRITE_ONCE(watch->converting, NULL);
	if (!regs_return_value(regs))
		vouch_accesses_end(&watch->accesses);
	vouch_watch_release(watch);
	return 0;
}

static struct kretprobe converting;

int vouch_ops_start(void)
{
	/* The second name is that of later kernels. */
	static const char *const names[] = { "convert_ctx_accesses",
					     "bpf_convert_ctx_accesses" };
	int i, err = -ENOENT;

	for (i = 0; i < ARRAY_SIZE(names) && err == -ENOENT; i++) {
		memset(&converting, 0, sizeof(converting));
		converting.entry_handler = enter;
		converting.handler = leave;
		converting.data_size = sizeof(struct swap);
		converting.maxactive = MAX_LOADS;
		converting.kp.symbol_name = names[i];
		err = register_kretprobe(&converting);
	}
	if (err)
		vouch_lookup_failed(names[0], err);
	return err;
}

void vouch_ops_stop(void)
{
	unregister_kretprobe(&converting);
}
