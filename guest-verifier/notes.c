// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe at the verifier's last rewriting step.
 *
 * At its entry dead code is gone and every 64-bit immediate still has the
 * kind that user space gave it; behind it the kinds are lost. The probe runs
 * with preemption off in the task that loads, and must not sleep.
 */

#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/filter.h>
#include <linux/kprobes.h>

#include "lookup.h"
#include "notes.h"
#include "watch.h"

static bool is_ld_imm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static u64 imm64(const struct bpf_insn *insn)
{
	return (u64)(u32)insn[1].imm << 32 | (u32)insn[0].imm;
}

static void set_imm64(struct bpf_insn *insn, u64 value)
{
	insn[0].imm = (u32)value;
	insn[1].imm = value >> 32;
}

/* What the immediate at @i means; kind 0 if it is not to be tagged. */
static struct vouch_note meaning(const struct bpf_verifier_env *env, u32 i)
{
	const struct bpf_insn *insn = &env->prog->insnsi[i];
	const struct bpf_insn_aux_data *aux = &env->insn_aux_data[i];
	struct vouch_note note = { .value = imm64(insn) };

	switch (insn->src_reg) {
	case 0:
		note.kind = VOUCH_REF_CONST;
		break;
	case BPF_PSEUDO_BTF_ID:
		note.kind = VOUCH_REF_BTF_ID;
		break;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
		note.kind = VOUCH_REF_MAP;
		note.value = 0;
		break;
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		note.kind = VOUCH_REF_MAP_VALUE;
		note.value = aux->map_off;
		break;
	}
	if (note.kind == VOUCH_REF_MAP || note.kind == VOUCH_REF_MAP_VALUE) {
		if (aux->map_index >= env->used_map_cnt)
			note.kind = 0;
		else
			note.map_id = env->used_maps[aux->map_index]->id;
	}
	return note;
}

/*
 * A tail call by an index that the verifier knows becomes a jump into the
 * program that is in the array now. As if the index were not known, it stays
 * a look-up. Source: kernel/bpf/verifier.c, BPF_MAP_KEY_POISON.
 */
#define KEY_POISON BIT_ULL(63)
static void forget_index(struct bpf_verifier_env *env, u32 i)
{
	const struct bpf_insn *insn = &env->prog->insnsi[i];

	if (insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg &&
	    insn->imm == BPF_FUNC_tail_call)
		env->insn_aux_data[i].map_key_state |= KEY_POISON;
}

/* Too many immediates leave the notes empty, and then TAKE refuses. */
static void note_program(struct vouch_watch *watch,
			 struct bpf_verifier_env *env)
{
	struct bpf_prog *prog = env->prog;
	u32 i, func = 0, n_tagged = 0;

	watch->aux = NULL;
	watch->n_notes = 0;
	watch->converted = watch->accesses.complete &&
			   watch->accesses.aux == prog->aux;
	watch->accesses.complete = false;
	watch->n_funcs = env->subprog_cnt;
	for (i = 0; i + 1 < prog->len; i++) {
		struct bpf_insn *insn = &prog->insnsi[i];
		struct vouch_note note;

		forget_index(env, i);
		while (func + 1 < env->subprog_cnt &&
		       env->subprog_info[func + 1].start <= i) {
			func++;
			n_tagged = 0;
		}
		if (!is_ld_imm64(insn))
			continue;
		note = meaning(env, i++);
		if (!note.kind)
			continue;
		if (watch->n_notes == watch->max_notes ||
		    n_tagged == VOUCH_MAX_REFS || func >= VOUCH_MAX_FUNCS)
			return;
		note.func = func;
		watch->notes[watch->n_notes++] = note;
		set_imm64(insn, VOUCH_TAG(func, n_tagged));
		n_tagged++;
	}
	watch->aux = prog->aux;
}

static int probe(struct kprobe *p, struct pt_regs *regs)
{
	struct bpf_verifier_env *env =
		(void *)regs_get_kernel_argument(regs, 0);
	struct vouch_watch *watch = vouch_watch_of_load(env);

	if (!watch)
		return 0;
	note_program(watch, env);
	vouch_watch_release(watch);
	return 0;
}

static struct kprobe rewriting = { .pre_handler = probe };

int vouch_notes_start(void)
{
	/* The second name is that of later kernels. */
	static const char *const names[] = { "do_misc_fixups",
					     "bpf_do_misc_fixups" };
	int i, err = -ENOENT;

	for (i = 0; i < ARRAY_SIZE(names) && err == -ENOENT; i++) {
		memset(&rewriting, 0, sizeof(rewriting));
		rewriting.pre_handler = probe;
		rewriting.symbol_name = names[i];
		err = register_kprobe(&rewriting);
	}
	if (err)
		vouch_lookup_failed(names[0], err);
	return err;
}

void vouch_notes_stop(void)
{
	unregister_kprobe(&rewriting);
}
