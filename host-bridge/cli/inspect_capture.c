// SPDX-License-Identifier: BSD-2-Clause
/* What a capture holds. */

#include "../../common/bpf_names.h"
#include "../../common/hex.h"
#include "inspect.h"

static const char *const ref_kinds[] = {
	[VOUCH_REF_CALL] = "call",	[VOUCH_REF_SUBCALL] = "subcall",
	[VOUCH_REF_MAP] = "map",	[VOUCH_REF_MAP_VALUE] = "map_value",
	[VOUCH_REF_CONST] = "constant", [VOUCH_REF_FUNC] = "function",
	[VOUCH_REF_BTF_ID] = "btf_id",	[VOUCH_REF_OTHER] = "other",
};

static const char *const prog_flags[] = { "jited", "sleepable", "calls_tail",
					  "cb_access" };

static const char *const base_names[] = {
	[VOUCH_BASE_PROLOGUE] = "prologue",
	[VOUCH_BASE_CTX] = "ctx",
	[VOUCH_BASE_SOCKET] = "socket",
	[VOUCH_BASE_SOCK_COMMON] = "sock_common",
	[VOUCH_BASE_TCP_SOCK] = "tcp_sock",
	[VOUCH_BASE_XDP_SOCK] = "xdp_sock",
	[VOUCH_BASE_BTF] = "btf",
};

static json_t *env_json(const struct vouch_capture_env *env)
{
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o}",
		"release", env->release, "cpu_model", env->cpu_model, "license",
		env->license, "build_id",
		vouch_hex_json(env->build_id, sizeof(env->build_id)), "arch",
		le32_to_cpu(env->arch) == VOUCH_ARCH_ARM64 ? "arm64" : "x86_64",
		"features",
		vouch_inspect_bits(le32_to_cpu(env->features),
				   vouch_feature_names, 5),
		"privileges",
		vouch_inspect_bits(le32_to_cpu(env->privileges),
				   vouch_privilege_names, 1),
		"jit_harden", (json_int_t)le32_to_cpu(env->jit_harden),
		"nr_cpus", (json_int_t)le32_to_cpu(env->nr_cpus), "object",
		vouch_hex_json(env->object, VOUCH_HASH_LEN), "layout",
		vouch_hex_json(env->layout, VOUCH_HASH_LEN), "retarget",
		vouch_hex_json(env->retarget, VOUCH_HASH_LEN));
}

static json_t *facts_json(const struct vouch_capture_view *view)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < view->n_facts; i++)
		json_array_append_new(
			list,
			json_pack(
				"{s:s, s:s, s:I, s:I}", "structure",
				view->facts[i]->structure, "field",
				view->facts[i]->field, "offset",
				(json_int_t)le32_to_cpu(view->facts[i]->offset),
				"size",
				(json_int_t)le32_to_cpu(view->facts[i]->size)));
	return list;
}

static json_t *map_json(const struct vouch_capture_map_view *map)
{
	json_t *json = vouch_inspect_map(map->map);

	if (map->template)
		json_object_set_new(json, "inner",
				    vouch_inspect_map(map->template));
	return json;
}

static json_t *maps_json(const struct vouch_capture_view *view)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < view->n_maps; i++)
		json_array_append_new(list, map_json(&view->maps[i]));
	return list;
}

/* What a reference means, by kind. */
static json_t *meaning(const struct vouch_capture_view *view,
		       const struct vouch_capture_prog_view *prog,
		       const struct vouch_capture_ref *ref)
{
	u32 kind = le32_to_cpu(ref->kind), index = le32_to_cpu(ref->index), i;
	unsigned long long value = le64_to_cpu(ref->value);

	switch (kind) {
	case VOUCH_REF_CALL:
		for (i = 0; i < prog->n_syms; i++)
			if (le64_to_cpu(prog->syms[i]->address) == value)
				return json_string(prog->syms[i]->name);
		return json_sprintf("0x%llx", value);
	case VOUCH_REF_MAP:
		return json_string(view->maps[index].map->name);
	case VOUCH_REF_MAP_VALUE:
		return json_sprintf("%s + %llu", view->maps[index].map->name,
				    value);
	case VOUCH_REF_SUBCALL:
	case VOUCH_REF_FUNC:
		return json_sprintf("function %u", index);
	default:
		return json_sprintf("0x%llx", value);
	}
}

static json_t *refs_json(const struct vouch_capture_view *view,
			 const struct vouch_capture_prog_view *prog,
			 const struct vouch_capture_func_view *func)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < func->n_refs; i++) {
		const struct vouch_capture_ref *ref = &func->refs[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:o}", "kind",
				  ref_kinds[le32_to_cpu(ref->kind)], "to",
				  meaning(view, prog, ref), "tag",
				  json_sprintf("%016llx",
					       (unsigned long long)le64_to_cpu(
						       ref->tag))));
	}
	return list;
}

/* What may fault, and which register then is 0, as an offset in pt_regs. */
static json_t *extable_json(const struct vouch_capture_func_view *func)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < func->n_extable; i++) {
		const struct vouch_capture_extable *e = &func->extable[i];

		json_array_append_new(
			list,
			json_pack("{s:I, s:I, s:I}", "offset",
				  (json_int_t)le32_to_cpu(e->insn_off),
				  "length",
				  (json_int_t)le32_to_cpu(e->insn_len),
				  "register", (json_int_t)le32_to_cpu(e->reg)));
	}
	return list;
}

static json_t *funcs_json(const struct vouch_capture_view *view,
			  const struct vouch_capture_prog_view *prog, bool code)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < prog->n_funcs; i++) {
		const struct vouch_capture_func_view *fn = &prog->funcs[i];
		json_t *func = json_pack("{s:I, s:I, s:o, s:o}", "index",
					 (json_int_t)i, "length",
					 (json_int_t)fn->code_len, "references",
					 refs_json(view, prog, fn),
					 "exceptions", extable_json(fn));

		if (code)
			json_object_set_new(
				func, "code",
				vouch_inspect_code(le32_to_cpu(view->env->arch),
						   fn->code, fn->code_len));
		json_array_append_new(list, func);
	}
	return list;
}

static json_t *access_json(const struct vouch_access_view *v)
{
	const struct vouch_access *a = v->access;
	bool prologue = le32_to_cpu(a->insn) == VOUCH_ACCESS_PROLOGUE;

	return json_pack(
		"{s:o, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:o}", "insn",
		prologue ? json_null() : json_integer(le32_to_cpu(a->insn)),
		"base", base_names[le32_to_cpu(a->base)], "code",
		vouch_hex_json(a->code, sizeof(a->code)), "field_size",
		(json_int_t)le32_to_cpu(a->field_size), "structure",
		(json_int_t)le32_to_cpu(a->structure), "offset",
		(json_int_t)le32_to_cpu(a->offset), "size",
		(json_int_t)le32_to_cpu(a->size), "target_size",
		(json_int_t)le32_to_cpu(a->target_size), "insns",
		vouch_hex_json(v->insns, (size_t)VOUCH_INSN_LEN * v->n_insns));
}

static json_t *accesses_json(const struct vouch_capture_prog_view *prog)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < prog->n_accesses; i++)
		json_array_append_new(list, access_json(&prog->accesses[i]));
	return list;
}

static json_t *programs_json(const struct vouch_capture_view *view, bool code)
{
	json_t *list = json_array();
	u32 i;

	for (i = 0; i < view->n_progs; i++) {
		const struct vouch_capture_prog *p = view->progs[i].prog;

		json_array_append_new(
			list,
			json_pack(
				"{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o}",
				"name", p->name, "section", p->section, "type",
				vouch_prog_type_name(le32_to_cpu(p->type)),
				"insns", (json_int_t)le32_to_cpu(p->n_insns),
				"insns_processed",
				(json_int_t)le32_to_cpu(p->n_processed),
				"stack_depth",
				(json_int_t)le32_to_cpu(p->stack_depth),
				"flags",
				vouch_inspect_bits(le32_to_cpu(p->flags),
						   prog_flags, 4),
				"functions",
				funcs_json(view, &view->progs[i], code),
				"accesses", accesses_json(&view->progs[i])));
	}
	return list;
}

json_t *vouch_inspect_capture(const struct vouch_file_bytes *file, bool code,
			      struct vouch_failure *f)
{
	struct vouch_capture_view view = { 0 };
	const char *why = "out of memory";
	json_t *json;
	int err = vouch_capture_parse(file->data, file->len, &view, &why);

	if (err) {
		vouch_fail(f, err, VOUCH_EXIT_TRUST, "read %s as a capture",
			   file->path);
		vouch_fail_why(f, "%s", why);
		vouch_fail_next(f, "capture the object again");
		return NULL;
	}
	json = json_pack("{s:s, s:I, s:o, s:o, s:o, s:o}", "kind", "capture",
			 "size", (json_int_t)file->len, "environment",
			 env_json(view.env), "facts", facts_json(&view), "maps",
			 maps_json(&view), "programs",
			 programs_json(&view, code));
	vouch_capture_release(&view);
	return json;
}
