// SPDX-License-Identifier: BSD-2-Clause
/* A capture against what is known of its kernel. */

#include "../common/hex.h"
#include "arch.h"
#include "check_kernel.h"

/* ---- HELLO ---- */

static json_t *features_json(u32 features)
{
	static const char *const names[] = { "rethunk", "retpoline", "ibt",
					     "la57", "call_depth" };
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (features & 1u << i)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

int vouch_check_hello(const struct vouch_capture_view *cap, const json_t *hello,
		      struct vouch_refusal *why)
{
	const struct vouch_capture_env *env = cap->env;
	char build_id[2 * sizeof(env->build_id) + 1];
	struct {
		const char *key;
		json_t *value;
	} facts[5];
	const char *other = NULL;
	size_t i;

	vouch_hex_write(env->build_id, sizeof(env->build_id), build_id);
	facts[0].key = "release";
	facts[0].value = json_string(env->release);
	facts[1].key = "build_id";
	facts[1].value = json_string(build_id);
	facts[2].key = "cpu_model";
	facts[2].value = json_string(env->cpu_model);
	facts[3].key = "nr_cpus";
	facts[3].value = json_integer(le32_to_cpu(env->nr_cpus));
	facts[4].key = "features";
	facts[4].value = features_json(le32_to_cpu(env->features));
	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (!other && !json_equal(facts[i].value,
					  json_object_get(hello, facts[i].key)))
			other = facts[i].key;
		json_decref(facts[i].value);
	}
	if (!other)
		return 0;
	return vouch_refuse(why,
			    "capture: its %s is another than the verifier VM "
			    "stated in its HELLO; verify again, in a fresh VM",
			    other);
}

/* ---- names ---- */

/* One capture while its names are checked. */
struct namer {
	const struct vouch_symbols *symbols;
	const struct vouch_arch *arch;
	struct vouch_refusal *why;
	const struct vouch_capture_prog_view *prog;
	u32 func;
	bool known; /* the slide is, from the first name on */
	u64 slide;
};

/* The parser has seen to it that SYMs ascend. */
static const char *name_of(const struct vouch_capture_prog_view *prog,
			   u64 address)
{
	u32 low = 0, high = prog->n_syms;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		u64 at = le64_to_cpu(prog->syms[mid]->address);

		if (at == address)
			return prog->syms[mid]->name;
		if (at < address)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Is it a place of the name, with this kernel where the others say it is? */
static bool is_at(struct namer *n, const char *name, u64 target)
{
	const u64 *linked;
	size_t count = vouch_symbols_find(n->symbols, name, &linked), i;

	for (i = 0; i < count; i++) {
		u64 slide = target - linked[i];

		if (slide % n->arch->slide_step ||
		    slide >= n->arch->slide_max ||
		    (n->known && slide != n->slide))
			continue;
		n->known = true;
		n->slide = slide;
		return true;
	}
	return false;
}

static int check_target(struct namer *n, const struct vouch_fixup *fixup)
{
	const char *name = name_of(n->prog, fixup->target);

	if (name && is_at(n, name, fixup->target))
		return 0;
	return vouch_refuse_code(
		n->why, n->prog->prog->name, n->func, fixup->off,
		"the capture calls 0x%llx %s, but the "
		"verifier kernel's symbol table has that "
		"elsewhere; verify again, in a fresh VM",
		(unsigned long long)fixup->target, name ? name : "nothing");
}

static int check_func(struct namer *n, const struct vouch_checked_func *func)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < func->n_fixups; i++)
		if (func->fixups[i].kind == VOUCH_FIXUP_HELPER ||
		    func->fixups[i].kind == VOUCH_FIXUP_EXIT)
			ret = check_target(n, &func->fixups[i]);
	return ret;
}

int vouch_check_names(const struct vouch_capture_view *cap,
		      const struct vouch_checked *chk,
		      const struct vouch_symbols *symbols,
		      struct vouch_refusal *why)
{
	struct namer n = { .symbols = symbols,
			   .arch = vouch_arch_of(cap),
			   .why = why };
	int ret = 0;
	u32 i;

	if (memcmp(cap->env->build_id, vouch_symbols_build_id(symbols),
		   sizeof(cap->env->build_id)))
		return vouch_refuse(why,
				    "capture: its build id is not that of the "
				    "verifier VM's kernel as configured; see "
				    "\"symbols\" in vouchd(8)");
	for (i = 0; !ret && i < chk->n_progs; i++) {
		n.prog = &cap->progs[i];
		for (n.func = 0; !ret && n.func < chk->progs[i].n_funcs;
		     n.func++)
			ret = check_func(&n, &chk->progs[i].funcs[n.func]);
	}
	return ret;
}
