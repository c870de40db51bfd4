// SPDX-License-Identifier: BSD-2-Clause
/* What a function's code refers to, against what its capture declares. */

#include <stdlib.h>

#include <linux/bpf.h>

#include "../common/image.h"
#include "check_maps.h"
#include "check_refs.h"
#include "helper.h"
#include "unoffered.h"

#define MAX_LOOPS (1 << 23) /* BPF_MAX_LOOPS */

/* A function while its references are matched. */
struct matcher {
	const struct vouch_refs_context *ctx;
	const struct vouch_capture_func_view *func;
	u32 index;
	struct vouch_checked_func *out;
	struct vouch_refusal *why;
	u32 next; /* declared reference */
};

#define REFUSE(m, off, ...)                                                 \
	vouch_refuse_code((m)->why, (m)->ctx->prog->prog->name, (m)->index, \
			  off, __VA_ARGS__)

static void add_fixup(struct matcher *m, const struct vouch_point *p, u32 kind,
		      u32 index)
{
	struct vouch_fixup *f = &m->out->fixups[m->out->n_fixups++];

	f->off = p->off;
	f->kind = kind;
	f->index = index;
	f->target = p->value;
}

static int compare_address(const void *key, const void *member)
{
	const u64 *address = key;
	const struct vouch_capture_sym *const *sym = member;
	u64 other = le64_to_cpu((*sym)->address);

	return *address < other ? -1 : *address > other;
}

/* The parser has seen to it that SYMs ascend. */
static const char *symbol_at(const struct matcher *m, u64 address)
{
	const struct vouch_capture_prog_view *prog = m->ctx->prog;
	const struct vouch_capture_sym *const *sym;

	if (!prog->n_syms)
		return NULL;
	sym = bsearch(&address, prog->syms, prog->n_syms, sizeof(*prog->syms),
		      compare_address);
	return sym ? (*sym)->name : NULL;
}

static int function_at(const struct matcher *m, u64 address)
{
	u32 i;

	for (i = 0; i < m->ctx->prog->n_funcs; i++)
		if (le64_to_cpu(m->ctx->prog->funcs[i].func->address) ==
		    address)
			return (int)i;
	return -ENOENT;
}

/* Kinds that no image can hold, whatever the code looks like. */
static int check_kind(struct matcher *m, u32 off,
		      const struct vouch_capture_ref *ref)
{
	switch (le32_to_cpu(ref->kind)) {
	case VOUCH_REF_BTF_ID:
		return REFUSE(m, off,
			      "typed ksym: the address of kernel variable with "
			      "BTF id %llu, which is the verifier kernel's; "
			      "take the extern out of the program",
			      (unsigned long long)le64_to_cpu(ref->value));
	case VOUCH_REF_OTHER:
		return REFUSE(
			m, off,
			"unexplained 64-bit constant 0x%llx, perhaps an "
			"address of the verifier kernel; avoid the helper "
			"that needs it (timers do)",
			(unsigned long long)le64_to_cpu(ref->value));
	default:
		return 0;
	}
}

/* The declared reference that the instruction at @off must be. */
static int next_ref(struct matcher *m, u32 off,
		    const struct vouch_capture_ref **ref)
{
	if (m->next == m->func->n_refs)
		return REFUSE(m, off,
			      "a reference that the capture does not declare; "
			      "verify again, in a fresh VM");
	*ref = &m->func->refs[m->next++];
	return check_kind(m, off, *ref);
}

/*
 * In front of a program that writes into a packet the kernel calls what makes
 * it writable; that is a part of the prologue that the target was asked about.
 */
static bool called_by_prologue(const struct matcher *m, u32 func)
{
	const struct vouch_capture_prog_view *prog = m->ctx->prog;
	struct bpf_insn insn;
	u32 i, n;

	for (i = 0; i < prog->n_accesses; i++) {
		const struct vouch_access_view *a = &prog->accesses[i];

		if (le32_to_cpu(a->access->base) != VOUCH_BASE_PROLOGUE)
			continue;
		for (n = 0; n < a->n_insns; n++) {
			memcpy(&insn, a->insns + (size_t)n * VOUCH_INSN_LEN,
			       sizeof(insn));
			if (insn.code == (BPF_JMP | BPF_CALL) &&
			    func == BPF_FUNC_skb_pull_data)
				return true;
		}
	}
	return false;
}

static int match_helper(struct matcher *m, const struct vouch_point *p)
{
	const char *symbol = symbol_at(m, p->value), *unfit;
	u32 off = p->off;
	int helper;

	if (!symbol)
		return REFUSE(m, off,
			      "a call to 0x%llx, where the capture "
			      "knows no symbol",
			      (unsigned long long)p->value);
	helper = vouch_helper_by_kernel(symbol);
	if (helper < 0)
		return REFUSE(m, off,
			      "calls %s, which vouch does not offer to images: "
			      "%s; do without this helper",
			      symbol, vouch_unoffered_helper(symbol));
	if (!vouch_object_calls(m->ctx->object, vouch_helpers[helper].func) &&
	    !called_by_prologue(m, vouch_helpers[helper].func))
		return REFUSE(m, off,
			      "calls %s, for which the object has no call; "
			      "verify again, in a fresh VM",
			      symbol);
	if (!vouch_profile_offers(m->ctx->profile, "helpers",
				  vouch_helpers[helper].import))
		return REFUSE(m, off,
			      "calls %s, which the target's vouch_target does "
			      "not offer (%s); do without this helper or build "
			      "vouch_target with it",
			      symbol, vouch_helpers[helper].import);
	unfit = vouch_helper_unfit((u32)helper,
				   le32_to_cpu(m->ctx->prog->prog->type),
				   m->ctx->chk->license);
	if (unfit)
		return REFUSE(m, off, "calls %s, %s", symbol, unfit);
	add_fixup(m, p, VOUCH_FIXUP_HELPER, (u32)helper);
	return 0;
}

static int match_call(struct matcher *m, const struct vouch_point *p)
{
	const struct vouch_capture_ref *ref;
	u64 target = p->value;
	int func = function_at(m, target);
	int ret = next_ref(m, p->off, &ref);

	if (ret)
		return ret;
	/* A refusal is never 0, so here it is set. NOLINTNEXTLINE */
	if (le32_to_cpu(ref->kind) == VOUCH_REF_SUBCALL) {
		if (func < 0 || le32_to_cpu(ref->index) != (u32)func)
			return REFUSE(m, p->off,
				      "the code calls 0x%llx, the capture "
				      "declares a call of function %u",
				      (unsigned long long)target,
				      le32_to_cpu(ref->index));
		add_fixup(m, p, VOUCH_FIXUP_SUBCALL, (u32)func);
		return 0;
	}
	if (le32_to_cpu(ref->kind) != VOUCH_REF_CALL ||
	    le64_to_cpu(ref->value) != target || func >= 0)
		return REFUSE(m, p->off,
			      "the code calls 0x%llx, the capture declares "
			      "another reference here",
			      (unsigned long long)target);
	return match_helper(m, p);
}

static int check_value(struct matcher *m, u32 off,
		       const struct vouch_capture_ref *ref)
{
	const struct vouch_capture_map *map =
		m->ctx->cap->maps[le32_to_cpu(ref->index)].map;

	/* The parser has compared the offset with the value's size. */
	if (le32_to_cpu(map->type) != 2 /* BPF_MAP_TYPE_ARRAY */ ||
	    le32_to_cpu(map->max_entries) != 1)
		return REFUSE(m, off,
			      "the address of a value of map %s, which is no "
			      "array of one entry",
			      map->name);
	return 0;
}

static int match_constant(struct matcher *m, u32 off, u64 value)
{
	if (vouch_object_has64(m->ctx->object, value))
		return 0;
	if (m->ctx->object->asks_type_id && value <= UINT32_MAX)
		return REFUSE(m, off,
			      "64-bit constant 0x%llx is not the object's: "
			      "perhaps the number of a type, for which it asks "
			      "with bpf_core_type_id_kernel(), and types have "
			      "none in a kernel without BPF",
			      (unsigned long long)value);
	return REFUSE(m, off,
		      "64-bit constant 0x%llx is not the object's: perhaps an "
		      "address of the verifier kernel",
		      (unsigned long long)value);
}

static int match_wide(struct matcher *m, const struct vouch_point *p)
{
	const struct vouch_capture_ref *ref;
	int ret = 0;

	if (m->next == m->func->n_refs)
		return REFUSE(m, p->off,
			      "a 64-bit constant 0x%llx that the capture does "
			      "not explain",
			      (unsigned long long)p->value);
	ret = next_ref(m, p->off, &ref);
	if (ret)
		return ret;
	switch (le32_to_cpu(ref->kind)) {
	case VOUCH_REF_MAP:
	case VOUCH_REF_FUNC:
		break;
	case VOUCH_REF_MAP_VALUE:
		ret = check_value(m, p->off, ref);
		break;
	case VOUCH_REF_CONST:
		ret = match_constant(m, p->off, le64_to_cpu(ref->value));
		break;
	default:
		return REFUSE(m, p->off,
			      "the code holds a 64-bit constant, the capture "
			      "declares a call here");
	}
	if (ret)
		return ret;
	if (p->value != le64_to_cpu(ref->tag))
		return REFUSE(m, p->off,
			      "a 64-bit constant 0x%llx that is not the tag of "
			      "the reference declared here",
			      (unsigned long long)p->value);
	add_fixup(m, p, VOUCH_FIXUP_REF, m->next - 1);
	return 0;
}

static bool is_explained(const struct matcher *m, u32 value)
{
	if (value == MAX_LOOPS && /* of a bpf_loop() that is inlined */
	    vouch_object_calls(m->ctx->object, BPF_FUNC_loop))
		return true;
	return vouch_object_has32(m->ctx->object, value) ||
	       vouch_maps_explain(m->ctx->cap, m->ctx->chk, value) ||
	       vouch_constants_have(m->ctx->constants, value);
}

/* Addresses in the top 2 GiB and per-CPU offsets fit four bytes. */
static int match_number(struct matcher *m, const struct vouch_point *p)
{
	s64 number = (s64)p->value;
	u32 value = (u32)number;

	if ((number >= -128 && number <= 127) || is_explained(m, value) ||
	    (p->either_sign && is_explained(m, -value)))
		return 0;
	return REFUSE(m, p->off,
		      "32-bit constant 0x%x is not the object's: perhaps an "
		      "address or a per-CPU offset of the verifier kernel",
		      value);
}

static bool has_feature(const struct matcher *m, u32 feature)
{
	return le32_to_cpu(m->ctx->cap->env->features) & feature;
}

static int match_exit(struct matcher *m, const struct vouch_point *p)
{
	bool rethunk = has_feature(m, VOUCH_FEATURE_RETHUNK);
	const char *const *thunk = m->ctx->arch->return_thunks;
	const char *symbol;

	if (p->plain)
		return rethunk ? REFUSE(m, p->off,
					"a plain return, though the verifier "
					"VM is said to use return thunks")
			       : 0;
	symbol = symbol_at(m, p->value);
	for (; symbol && rethunk && *thunk; thunk++)
		if (!strcmp(symbol, *thunk)) {
			add_fixup(m, p, VOUCH_FIXUP_EXIT, 0);
			return 0;
		}
	return REFUSE(m, p->off,
		      "a jump out of the program to %s, which is "
		      "no return thunk",
		      symbol ? symbol : "an unknown place");
}

/* What a tail call ends with. */
static int match_jump(struct matcher *m, const struct vouch_point *p)
{
	const char *thunk = m->ctx->arch->indirect_thunk, *symbol;

	if (p->plain) {
		if (has_feature(m, VOUCH_FEATURE_RETPOLINE))
			return REFUSE(m, p->off,
				      "a plain indirect jump, though the "
				      "verifier VM is said to use retpolines");
		add_fixup(m, p, VOUCH_FIXUP_JUMP, p->len);
		return 0;
	}
	symbol = symbol_at(m, p->value);
	if (!symbol || strcmp(symbol, thunk))
		return REFUSE(m, p->off,
			      "a tail call by way of %s, which is not %s",
			      symbol ? symbol : "an unknown place", thunk);
	add_fixup(m, p, VOUCH_FIXUP_THUNK, p->len);
	return 0;
}

/* Where the code looks must be where the target's prog arrays have it. */
static int match_tail_call(struct matcher *m, const struct vouch_point *p)
{
	const struct vouch_checked *chk = m->ctx->chk;

	if (!vouch_object_calls(m->ctx->object, BPF_FUNC_tail_call))
		return REFUSE(m, p->off,
			      "a tail call, for which the object has no call; "
			      "verify again, in a fresh VM");
	if (p->layout.value != chk->array_value ||
	    p->layout.max_entries != chk->map_max_entries || !chk->prog_func ||
	    p->layout.func != chk->prog_func)
		return REFUSE(
			m, p->off,
			"a tail call that looks for max_entries, entries "
			"and code at %u, %d and %u, not where the capture "
			"says that they are; verify again, in a fresh VM",
			p->layout.max_entries, (s32)p->layout.value,
			p->layout.func);
	return 0;
}

/* Loads that may fault are explained by the exception table. */
static int match_point(struct matcher *m, const struct vouch_point *p)
{
	switch (p->kind) {
	case VOUCH_POINT_CALL:
		return match_call(m, p);
	case VOUCH_POINT_WIDE:
		return match_wide(m, p);
	case VOUCH_POINT_NUMBER:
		return match_number(m, p);
	case VOUCH_POINT_EXIT:
		return match_exit(m, p);
	case VOUCH_POINT_TAIL_CALL:
		return match_tail_call(m, p);
	case VOUCH_POINT_JUMP:
		return match_jump(m, p);
	case VOUCH_POINT_UNREACHED:
		add_fixup(m, p, VOUCH_FIXUP_UNREACHED, p->len);
		return 0;
	default:
		return 0;
	}
}

int vouch_refs_check(const struct vouch_refs_context *ctx, u32 index,
		     const struct vouch_code *code,
		     struct vouch_checked_func *out, struct vouch_refusal *why)
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

	out->fixups = calloc(code->n_points + 1ul, sizeof(*out->fixups));
	if (!out->fixups)
		return -ENOMEM;
	for (i = 0; !ret && i < code->n_points; i++)
		ret = match_point(&m, &code->points[i]);
	if (!ret && m.next < m.func->n_refs) {
		ret = check_kind(&m, 0, &m.func->refs[m.next]);
		if (!ret)
			ret = REFUSE(&m, 0,
				     "the capture declares %u references more "
				     "than the code holds; verify again, in a "
				     "fresh VM",
				     m.func->n_refs - m.next);
	}
	return ret;
}
