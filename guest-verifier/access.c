// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding accesses as the verifier's own loop does (convert_ctx_accesses() in
 * kernel/bpf/verifier.c), in the loading task, where memory can be had.
 */

#include <linux/bpf_verifier.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "access.h"
#include "lookup.h"
#include "witness.h"

void vouch_accesses_refuse(struct vouch_accesses *a, u32 insn, const char *why)
{
	if (!*a->why)
		snprintf(a->why, sizeof(a->why), "instruction %u %s", insn,
			 why);
}

static bool is_load(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LDX &&
	       BPF_MODE(insn->code) == BPF_MEM;
}

static bool is_store(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_STX &&
	       BPF_MODE(insn->code) == BPF_MEM;
}

static u32 base_of_type(const struct bpf_verifier_env *env, u32 ptr_type)
{
	switch (ptr_type) {
	case PTR_TO_CTX:
		return env->ops->convert_ctx_access ? VOUCH_BASE_CTX : 0;
	case PTR_TO_SOCKET:
		return VOUCH_BASE_SOCKET;
	case PTR_TO_SOCK_COMMON:
		return VOUCH_BASE_SOCK_COMMON;
	case PTR_TO_TCP_SOCK:
		return VOUCH_BASE_TCP_SOCK;
	case PTR_TO_XDP_SOCK:
		return VOUCH_BASE_XDP_SOCK;
	case PTR_TO_BTF_ID:
	case PTR_TO_BTF_ID | PTR_UNTRUSTED:
		return VOUCH_BASE_BTF;
	}
	return 0;
}

/* Return: enum vouch_base, or 0 for what is left as it is. */
static u32 base_of(const struct bpf_verifier_env *env, u32 i)
{
	const struct bpf_insn *insn = &env->prog->insnsi[i];
	const struct bpf_insn_aux_data *aux = &env->insn_aux_data[i];

	if (!is_load(insn) && !is_store(insn))
		return 0;
	if (is_store(insn) && aux->sanitize_stack_spill)
		return 0;
	return base_of_type(env, aux->ptr_type);
}

/* A kind of pointer that is neither left alone nor known. */
static bool is_strange(const struct bpf_verifier_env *env, u32 i)
{
	const struct bpf_insn *insn = &env->prog->insnsi[i];
	u32 type = env->insn_aux_data[i].ptr_type;

	if (!is_load(insn) && !is_store(insn))
		return false;
	return base_type(type) == PTR_TO_BTF_ID &&
	       base_of_type(env, type) != VOUCH_BASE_BTF;
}

/*
 * The JIT gets a load from a kernel structure in a mode of its own, as it may
 * fault.
 */
static void begin_btf(struct vouch_accesses *a, const struct vouch_witnesses *w,
		      struct vouch_noted_access *access)
{
	const struct vouch_witness *seen =
		vouch_witness_find(w, access->origin);
	struct bpf_insn insn = access->code;

	if (!seen || seen->btf != vouch_lookup()->btf_vmlinux()) {
		vouch_accesses_refuse(
			a, access->insn,
			seen ? "reaches a structure of a kernel module"
			     : "reaches a structure that was not witnessed");
		return;
	}
	access->structure = seen->structure;
	access->offset = seen->offset;
	access->size = seen->size;
	if (is_load(&insn))
		insn.code = BPF_LDX | BPF_PROBE_MEM | BPF_SIZE(insn.code);
	vouch_accesses_put(a, access, &insn, 1, 0);
}

static void begin_access(struct vouch_accesses *a, struct bpf_verifier_env *env,
			 const struct vouch_witnesses *w, u32 i, u32 base)
{
	struct bpf_insn_aux_data *aux = &env->insn_aux_data[i];
	struct vouch_noted_access *access = &a->all[a->n++];

	access->insn = i;
	access->base = base;
	access->origin = aux->orig_idx;
	access->code = env->prog->insnsi[i];
	if (base == VOUCH_BASE_BTF) {
		begin_btf(a, w, access);
		return;
	}
	access->field_size = aux->ctx_field_size;
	if (base == VOUCH_BASE_CTX)
		return;
	if (env->ops->convert_ctx_access)
		aux->ptr_type = PTR_TO_CTX;
	else
		vouch_accesses_refuse(
			a, i, "reads a socket in a program of such a type");
}

static bool make_room(struct vouch_accesses *a, struct bpf_verifier_env *env)
{
	u32 i, n = 1;

	for (i = 0; i < env->prog->len; i++)
		n += !!base_of(env, i);
	if (n > VOUCH_MAX_ACCESSES) {
		vouch_accesses_refuse(a, 0, "and others: too many accesses");
		return false;
	}
	a->max = n;
	a->all = kvcalloc(n, sizeof(*a->all), GFP_KERNEL_ACCOUNT);
	if (!a->all)
		vouch_accesses_refuse(a, 0, "and others: out of memory");
	return a->all;
}

void vouch_accesses_begin(struct vouch_accesses *a,
			  struct bpf_verifier_env *env,
			  const struct vouch_witnesses *w,
			  const struct bpf_insn *prologue, u32 n_prologue)
{
	struct vouch_noted_access *access;
	u32 i;

	vouch_accesses_free(a);
	memset(a, 0, sizeof(*a));
	a->aux = env->prog->aux;
	if (w->aux == a->aux && w->why)
		vouch_accesses_refuse(a, w->why_insn, w->why);
	if (!make_room(a, env))
		return;
	if (n_prologue) {
		access = &a->all[a->n++];
		access->insn = VOUCH_ACCESS_PROLOGUE;
		access->base = VOUCH_BASE_PROLOGUE;
		access->code = env->prog->insnsi[0];
		vouch_accesses_put(a, access, prologue, n_prologue, 0);
	}
	for (i = 0; i < env->prog->len; i++) {
		u32 base = base_of(env, i);

		if (base)
			begin_access(a, env, w, i, base);
		else if (is_strange(env, i))
			vouch_accesses_refuse(
				a, i, "uses a pointer of an unknown kind");
	}
}

static void skip_btf(struct vouch_accesses *a)
{
	while (a->next < a->n && (a->all[a->next].base == VOUCH_BASE_BTF ||
				  a->all[a->next].base == VOUCH_BASE_PROLOGUE))
		a->next++;
}

struct vouch_noted_access *vouch_accesses_next(struct vouch_accesses *a,
					       struct bpf_verifier_env *env,
					       u32 i)
{
	static const enum bpf_reg_type types[] = {
		[VOUCH_BASE_CTX] = PTR_TO_CTX,
		[VOUCH_BASE_SOCKET] = PTR_TO_SOCKET,
		[VOUCH_BASE_SOCK_COMMON] = PTR_TO_SOCK_COMMON,
		[VOUCH_BASE_TCP_SOCK] = PTR_TO_TCP_SOCK,
		[VOUCH_BASE_XDP_SOCK] = PTR_TO_XDP_SOCK,
	};
	struct vouch_noted_access *access;

	skip_btf(a);
	access = a->next < a->n ? &a->all[a->next++] : NULL;
	if (!access || env->insn_aux_data[i].orig_idx != access->origin) {
		vouch_accesses_refuse(a, i, "is converted out of order");
		return NULL;
	}
	env->insn_aux_data[i].ptr_type = types[access->base];
	return access;
}

static bool grow(struct vouch_accesses *a, u32 n)
{
	u32 max = a->max_insns ? a->max_insns * 2 : 256;
	struct bpf_insn *p;

	if (a->max_insns - a->n_insns >= n)
		return true;
	p = kvmalloc_array(max, sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return false;
	if (a->n_insns)
		memcpy(p, a->insns, a->n_insns * sizeof(*p));
	kvfree(a->insns);
	a->insns = p;
	a->max_insns = max;
	return true;
}

void vouch_accesses_put(struct vouch_accesses *a,
			struct vouch_noted_access *access,
			const struct bpf_insn *insns, u32 n, u32 target_size)
{
	if (n > VOUCH_MAX_SEQUENCE || !grow(a, n)) {
		vouch_accesses_refuse(a, access->insn,
				      "becomes more than can be noted");
		return;
	}
	access->first = a->n_insns;
	access->n_insns = n;
	access->target_size = target_size;
	memcpy(a->insns + a->n_insns, insns, n * sizeof(*insns));
	a->n_insns += n;
}

void vouch_accesses_end(struct vouch_accesses *a)
{
	skip_btf(a);
	if (a->next != a->n)
		vouch_accesses_refuse(a, a->all[a->next].insn,
				      "was not converted");
	a->complete = true;
}

void vouch_accesses_free(struct vouch_accesses *a)
{
	kvfree(a->all);
	kvfree(a->insns);
	a->all = NULL;
	a->insns = NULL;
	a->n = 0;
	a->n_insns = 0;
}
