// SPDX-License-Identifier: GPL-2.0-only
/*
 * A probe where the verifier walks into a structure. It runs with preemption
 * off in the task that loads.
 */

#include <linux/bpf_verifier.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "lookup.h"
#include "watch.h"
#include "witness.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#error "the verifier's walk into structures is known on Linux 6.1 only"
#endif

#define MAX_SLOTS 4096u

/* The place of @insn, or the free one where it belongs. */
static struct vouch_witness *slot_of(const struct vouch_witnesses *w, u32 insn)
{
	u32 i = hash_32(insn, 32) & (w->max - 1);

	while (w->slots[i].btf && w->slots[i].insn != insn)
		i = (i + 1) & (w->max - 1);
	return &w->slots[i];
}

static void refuse(struct vouch_witnesses *w, u32 insn, const char *why)
{
	if (w->why)
		return;
	w->why = why;
	w->why_insn = insn;
}

static void note(struct vouch_witnesses *w, const struct vouch_witness *seen)
{
	struct vouch_witness *slot = slot_of(w, seen->insn);

	if (slot->btf) {
		if (memcmp(slot, seen, sizeof(*slot)))
			refuse(w, seen->insn,
			       "reaches different fields on different paths");
		return;
	}
	if (w->n >= w->max / 4 * 3) {
		refuse(w, seen->insn,
		       "is one of too many loads from kernel structures");
		return;
	}
	*slot = *seen;
	w->n++;
}

/* The verifier counts on through one load: fewer means another one. */
static void begin(struct vouch_witnesses *w, const struct bpf_verifier_env *env)
{
	if (w->aux != env->prog->aux || env->insn_processed < w->n_processed) {
		memset(w->slots, 0, w->max * sizeof(*w->slots));
		w->n = 0;
		w->why = NULL;
		w->aux = env->prog->aux;
	}
	w->n_processed = env->insn_processed;
}

static void see(struct vouch_witnesses *w, const struct bpf_verifier_env *env,
		u32 offset, u32 size)
{
	const struct bpf_insn *insn = &env->prog->insnsi[env->insn_idx];
	const struct bpf_verifier_state *state = env->cur_state;
	const struct bpf_reg_state *reg;
	struct vouch_witness seen;

	begin(w, env);
	if (BPF_CLASS(insn->code) != BPF_LDX &&
	    BPF_CLASS(insn->code) != BPF_STX) {
		refuse(w, env->insn_idx,
		       "hands a kernel structure to be read elsewhere");
		return;
	}
	reg = &state->frame[state->curframe]
		       ->regs[BPF_CLASS(insn->code) == BPF_LDX ? insn->src_reg
							       : insn->dst_reg];
	if (base_type(reg->type) != PTR_TO_BTF_ID) {
		refuse(w, env->insn_idx,
		       "reads the kernel's own structure of a map");
		return;
	}
	memset(&seen, 0, sizeof(seen));
	seen.btf = reg->btf;
	seen.insn = env->insn_idx;
	seen.structure = reg->btf_id;
	seen.offset = offset;
	seen.size = size;
	note(w, &seen);
}

static int probe(struct kprobe *p, struct pt_regs *regs)
{
	struct bpf_verifier_env *env =
		container_of((void *)regs_get_kernel_argument(regs, 0),
			     struct bpf_verifier_env, log);
	struct vouch_watch *watch = vouch_watch_of_load(env);

	if (!watch)
		return 0;
	see(&watch->witnesses, env, regs_get_kernel_argument(regs, 3),
	    regs_get_kernel_argument(regs, 4));
	vouch_watch_release(watch);
	return 0;
}

static struct kprobe walking;

int vouch_witness_start(void)
{
	int err;

	memset(&walking, 0, sizeof(walking));
	walking.pre_handler = probe;
	walking.symbol_name = "btf_struct_access";
	err = register_kprobe(&walking);
	if (err)
		vouch_lookup_failed(walking.symbol_name, err);
	return err;
}

void vouch_witness_stop(void)
{
	unregister_kprobe(&walking);
}

int vouch_witness_make(struct vouch_witnesses *w, u32 n_insns)
{
	w->max = min_t(u32, MAX_SLOTS, roundup_pow_of_two(n_insns + 4) * 2);
	w->slots = kvcalloc(w->max, sizeof(*w->slots), GFP_KERNEL_ACCOUNT);
	return w->slots ? 0 : -ENOMEM;
}

const struct vouch_witness *vouch_witness_find(const struct vouch_witnesses *w,
					       u32 insn)
{
	const struct vouch_witness *slot = slot_of(w, insn);

	return slot->btf ? slot : NULL;
}

void vouch_witness_free(struct vouch_witnesses *w)
{
	kvfree(w->slots);
	w->slots = NULL;
}
