// SPDX-License-Identifier: BSD-2-Clause
/* The check of a capture against its object and a target profile. */

#include <stdio.h>
#include <stdlib.h>

#include <linux/bpf.h>

#include "../common/bpf_names.h"
#include "../common/manifest.h"
#include "arch.h"
#include "check.h"
#include "check_entries.h"
#include "check_extable.h"
#include "check_facts.h"
#include "check_maps.h"
#include "check_refs.h"
#include "section.h"
#include "crypto.h"
#include "unoffered.h"

static const char LOST[] = "verify again, in a fresh VM";

/* One check while it runs. */
struct check {
	const struct vouch_capture_view *cap;
	const struct vouch_profile *profile;
	const struct vouch_retargeting *retargeted;
	const struct vouch_arch *arch;
	struct vouch_object object;
	struct vouch_disasm *disasm;
	struct vouch_checked *out;
	struct vouch_refusal *why;
};

static int check_object(struct check *c, const void *object, size_t len,
			const json_t *options)
{
	u8 hash[VOUCH_HASH_LEN];

	if (vouch_sha256(object, len, hash))
		return -EIO;
	if (memcmp(hash, c->cap->env->object, sizeof(hash)))
		return vouch_refuse(c->why,
				    "capture: it is of another object than the "
				    "one submitted; %s",
				    LOST);
	return vouch_object_read(object, len, options,
				 c->retargeted ? c->profile : NULL, &c->object,
				 c->why);
}

/* Kernels for which no image can be linked yet. */
static int check_options(struct check *c,
			 const struct vouch_arch_option *option)
{
	for (; option->name; option++)
		if (option->unsupported &&
		    vouch_profile_config(c->profile, option->name))
			return vouch_refuse(
				c->why,
				"target %s: its kernel has %s (%s), for which "
				"images cannot be linked yet",
				vouch_profile_release(c->profile),
				option->unsupported, option->name);
	return 0;
}

static int check_target(struct check *c)
{
	const struct vouch_arch *target = vouch_profile_arch(c->profile);
	int ret;

	c->arch = vouch_arch_of(c->cap);
	if (c->arch != target)
		return vouch_refuse(c->why,
				    "capture: made on %s, but target %s is of "
				    "%s; verify in a VM of the target's "
				    "architecture",
				    c->arch->name,
				    vouch_profile_release(c->profile),
				    target->name);
	ret = check_options(c, vouch_arch_any);
	return ret ? ret : check_options(c, target->options);
}

static int check_env(struct check *c)
{
	const struct vouch_capture_env *env = c->cap->env;
	u32 features = le32_to_cpu(env->features);

	c->disasm = vouch_disasm_new(c->arch->number);
	if (!c->disasm)
		return -ENOMEM;
	if (env->jit_harden)
		return vouch_refuse(c->why,
				    "capture: made with constant blinding; set "
				    "net.core.bpf_jit_harden to 0 in the "
				    "verifier VM");
	if (features & (VOUCH_FEATURE_IBT | VOUCH_FEATURE_CALL_DEPTH))
		return vouch_refuse(c->why,
				    "capture: the verifier kernel uses IBT or "
				    "call depth tracking, whose code cannot be "
				    "linked yet; choose another CPU model");
	if (!(features & VOUCH_FEATURE_RETHUNK) &&
	    vouch_profile_config(c->profile, "CONFIG_RETHUNK"))
		return vouch_refuse(c->why,
				    "capture: returns are plain, but target %s "
				    "needs return thunks (CONFIG_RETHUNK); "
				    "start the verifier VM with a CPU model "
				    "that uses them, such as EPYC",
				    vouch_profile_release(c->profile));
	c->out->license = vouch_license_ok(env->license) ? env->license
							 : "Proprietary";
	return 0;
}

/* Prog arrays: which programs call one another. */
static int check_entries(struct check *c)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < c->cap->n_maps; i++)
		ret = vouch_entries_check(c->cap, i, c->out, c->why);
	return ret;
}

static int check_prog_type(struct check *c,
			   const struct vouch_capture_prog *prog)
{
	u32 type = le32_to_cpu(prog->type);
	const char *name = vouch_prog_type_name(type);

	if (type != vouch_section_type(prog->section) || type >= 64 ||
	    !(c->object.prog_types & 1ull << type))
		return vouch_refuse_prog(c->why, prog->name,
					 "it is of type %s (%u) in the "
					 "capture, which section %s of the "
					 "object is not; %s",
					 name, type, prog->section, LOST);
	if (!vouch_profile_offers(c->profile, "prog_types", name))
		return vouch_refuse_prog(c->why, prog->name,
					 "the target has no hook for program "
					 "type %s (%u): prog_types of profile "
					 "%s lacks it; %s",
					 name, type,
					 vouch_profile_release(c->profile),
					 vouch_unoffered_prog_type(name));
	return 0;
}

static int check_prog(struct check *c, const struct vouch_capture_prog *prog)
{
	u32 flags = le32_to_cpu(prog->flags);

	if (!(flags & VOUCH_PROG_JITED))
		return vouch_refuse_prog(c->why, prog->name,
					 "the verifier kernel did not JIT it; "
					 "set net.core.bpf_jit_enable to 1 "
					 "there");
	if (flags & VOUCH_PROG_SLEEPABLE)
		return vouch_refuse_prog(c->why, prog->name,
					 "it is sleepable, for which there is "
					 "no hook");
	if (prog->n_poke)
		return vouch_refuse_prog(c->why, prog->name,
					 "it makes tail calls to where a prog "
					 "array was filled in the verifier VM; "
					 "%s",
					 LOST);
	return check_prog_type(c, prog);
}

/*
 * Contexts of XDP are facts of the capture if nothing else is known; of other
 * types only whoever told every access was told how the target reads it.
 */
static int check_context(struct check *c,
			 const struct vouch_capture_prog_view *view)
{
	u32 type = le32_to_cpu(view->prog->type);

	if (type == BPF_PROG_TYPE_XDP || c->retargeted)
		return 0;
	return vouch_refuse_prog(c->why, view->prog->name,
				 "program type %s: nobody has asked the target "
				 "how it reads this program's context; submit "
				 "the object to vouchd",
				 vouch_prog_type_name(type));
}

/* The manifest repeats it, so it must be the code's. */
static int check_depth(struct check *c, const struct vouch_capture_prog *prog,
		       u32 depth)
{
	u64 stated = le32_to_cpu(prog->stack_depth);
	u64 align = c->arch->stack_align;

	if ((stated + align - 1) / align * align == depth)
		return 0;
	return vouch_refuse_prog(c->why, prog->name,
				 "the capture states a stack of %llu bytes, "
				 "the code has one of %u; %s",
				 (unsigned long long)stated, depth, LOST);
}

static int check_func(struct check *c, const struct vouch_refs_context *ctx,
		      u32 index, struct vouch_checked_func *out)
{
	const struct vouch_capture_func_view *f = &ctx->prog->funcs[index];
	const struct vouch_code_place place = {
		.program = ctx->prog->prog->name,
		.function = index,
		.code = f->code,
		.len = f->code_len,
		.address = le64_to_cpu(f->func->address),
		.tail_calls = le32_to_cpu(ctx->prog->prog->flags) &
			      VOUCH_PROG_CALLS_TAIL,
	};
	struct vouch_code code;
	int ret;

	ret = c->arch->read_code(c->disasm, &place, &code, c->why);
	if (ret)
		return ret;
	ret = index ? 0 : check_depth(c, ctx->prog->prog, code.depth);
	if (!ret)
		ret = vouch_refs_check(ctx, index, &code, out, c->why);
	if (!ret)
		ret = vouch_extable_check(ctx, index, &code, out, c->why);
	vouch_code_release(&code);
	return ret;
}

static bool overlap(const struct vouch_capture_func_view *a,
		    const struct vouch_capture_func_view *b)
{
	u64 at = le64_to_cpu(a->func->address);
	u64 other = le64_to_cpu(b->func->address);

	return at < other ? other - at < a->code_len : at - other < b->code_len;
}

/* No byte is of two functions. */
static int check_places(struct check *c,
			const struct vouch_capture_prog_view *prog)
{
	u32 i, j;

	for (i = 0; i < prog->n_funcs; i++)
		for (j = 0; j < i; j++)
			if (overlap(&prog->funcs[j], &prog->funcs[i]))
				return vouch_refuse_prog(
					c->why, prog->prog->name,
					"functions %u and %u overlap; %s", j, i,
					LOST);
	return 0;
}

static int check_funcs(struct check *c, const struct vouch_refs_context *ctx,
		       struct vouch_checked_prog *out)
{
	int ret = 0;
	u32 n;

	out->funcs = calloc(ctx->prog->n_funcs, sizeof(*out->funcs));
	if (!out->funcs)
		return -ENOMEM;
	out->n_funcs = ctx->prog->n_funcs;
	for (n = 0; !ret && n < out->n_funcs; n++)
		ret = check_func(c, ctx, n, &out->funcs[n]);
	return ret;
}

static int check_one(struct check *c,
		     const struct vouch_capture_prog_view *prog,
		     struct vouch_checked_prog *out)
{
	struct vouch_constants constants = {};
	const struct vouch_refs_context ctx = {
		.arch = c->arch,
		.cap = c->cap,
		.profile = c->profile,
		.object = &c->object,
		.chk = c->out,
		.prog = prog,
		.constants = &constants,
	};
	int ret;

	ret = check_prog(c, prog->prog);
	if (!ret)
		ret = check_context(c, prog);
	if (!ret)
		ret = check_places(c, prog);
	/* What nobody held against the target explains nothing. */
	if (!ret && c->retargeted)
		ret = vouch_constants_read(prog, &constants);
	if (!ret)
		ret = check_funcs(c, &ctx, out);
	vouch_constants_release(&constants);
	return ret;
}

/* Where the submission names programs, there are no others. */
static int check_chosen(struct check *c, const json_t *options)
{
	const json_t *names = json_object_get(options, "programs");
	u32 i;

	for (i = 0; json_array_size(names) && i < c->cap->n_progs; i++) {
		const char *name = c->cap->progs[i].prog->name;
		json_t *chosen;
		size_t n;

		json_array_foreach(names, n, chosen)
			if (!strcmp(json_string_value(chosen), name))
				break;
		if (n == json_array_size(names))
			return vouch_refuse_prog(c->why, name,
						 "the submission does not name "
						 "it; %s",
						 LOST);
	}
	return 0;
}

static int check_progs(struct check *c)
{
	int ret = 0;
	u32 i;

	c->out->progs = calloc(c->cap->n_progs, sizeof(*c->out->progs));
	if (!c->out->progs)
		return -ENOMEM;
	c->out->n_progs = c->cap->n_progs;
	for (i = 0; !ret && i < c->cap->n_progs; i++)
		ret = check_one(c, &c->cap->progs[i], &c->out->progs[i]);
	return ret;
}

int vouch_check(const struct vouch_capture_view *cap, const void *object,
		size_t object_len, const json_t *options,
		const struct vouch_profile *profile,
		const struct vouch_retargeting *retargeted,
		struct vouch_checked *out, struct vouch_refusal *why)
{
	struct check c = {
		.cap = cap,
		.profile = profile,
		.retargeted = retargeted,
		.out = out,
		.why = why,
	};
	int ret;

	memset(out, 0, sizeof(*out));
	if (retargeted) {
		out->fields = retargeted->fields;
		out->n_fields = retargeted->n_fields;
	}
	ret = check_object(&c, object, object_len, options);
	if (!ret)
		ret = check_chosen(&c, options);
	if (!ret)
		ret = check_target(&c);
	if (!ret)
		ret = check_env(&c);
	if (!ret)
		ret = vouch_facts_check(cap, profile, c.retargeted != NULL, out,
					why);
	if (!ret)
		ret = vouch_maps_check(cap, &c.object, profile, out->entries,
				       why);
	if (!ret)
		ret = check_entries(&c);
	if (!ret)
		ret = check_progs(&c);
	vouch_object_release(&c.object);
	vouch_disasm_free(c.disasm);
	if (ret)
		vouch_checked_release(out);
	return ret;
}

static void free_func(struct vouch_checked_func *func)
{
	free(func->fixups);
	free(func->loads);
}

void vouch_checked_release(struct vouch_checked *chk)
{
	u32 i, n;

	for (i = 0; i < chk->n_progs; i++) {
		for (n = 0; n < chk->progs[i].n_funcs; n++)
			free_func(&chk->progs[i].funcs[n]);
		free(chk->progs[i].funcs);
	}
	free(chk->progs);
	memset(chk, 0, sizeof(*chk));
}
