// SPDX-License-Identifier: BSD-2-Clause
/* Objects: verdict, reason by name and kind, and what the capture holds. */

#include <elf.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest-verifier/agent/file.h"
#include "guest-verifier/agent/object.h"
#include "guest-verifier/agent/verify.h"
#include "guest_test.h"

/* One that needs CAP_PERFMON, and takes the verifier long. */
#ifndef LARGE_OBJECT
#define LARGE_OBJECT "xdpfilt_dny_all"
#endif

/* A kind of reference that a capture must, or must not, hold. */
#define REF(kind) (1u << (kind))

struct expectation {
	const char *object; /* without .o */
	const char *verdict;
	const char *reason; /* part of it */
	/* Of the capture, recorded if not accepted otherwise. */
	bool recorded;
	u32 refs; /* kinds that are there: all of these and no others */
	u32 funcs; /* of the first program */
	const char *sym; /* that must be named, or NULL */
};

#define VALUES (REF(VOUCH_REF_MAP) | REF(VOUCH_REF_MAP_VALUE))

static const struct expectation expectations[] = {
	{ "xdp_count", "accepted", "", false,
	  VALUES | REF(VOUCH_REF_CALL) | REF(VOUCH_REF_SUBCALL), 2,
	  "__htab_map_lookup_elem" },
	{ LARGE_OBJECT, "accepted", "", false,
	  REF(VOUCH_REF_MAP) | REF(VOUCH_REF_CALL) | REF(VOUCH_REF_CONST), 1,
	  "htab_percpu_map_lookup_elem" },
	{ "refuse/timer", "accepted", "", false,
	  REF(VOUCH_REF_MAP) | REF(VOUCH_REF_CALL) | REF(VOUCH_REF_FUNC) |
		  REF(VOUCH_REF_OTHER),
	  2, "bpf_timer_set_callback" },
	{ "tail_call", "accepted", "", false, REF(VOUCH_REF_MAP), 1,
	  "__x86_indirect_thunk_rcx" },
	{ "refuse/helper_cookie", "accepted", "", false, REF(VOUCH_REF_CALL), 1,
	  "bpf_get_socket_cookie" },
	{ "refuse/ksym_percpu", "unsupported",
	  "extern bpf_prog_active is a kernel symbol with type", true,
	  REF(VOUCH_REF_BTF_ID) | REF(VOUCH_REF_CALL), 1, "bpf_this_cpu_ptr" },
	{ "refuse/ksym_typed", "unsupported",
	  "extern runqueues is a kernel symbol with type", true,
	  REF(VOUCH_REF_BTF_ID) | REF(VOUCH_REF_CALL), 1, "bpf_per_cpu_ptr" },
	{ "refuse/ksym_typeless", "unsupported",
	  "extern init_task is a kernel symbol without type", true,
	  REF(VOUCH_REF_MAP) | REF(VOUCH_REF_CONST), 1, NULL },
	{ "refuse/kfunc", "unsupported",
	  "extern bpf_kfunc_call_test1 is a kernel function", true,
	  REF(VOUCH_REF_CALL) | REF(VOUCH_REF_CONST), 1,
	  "bpf_kfunc_call_test1" },
	{ "refuse/kconfig", "unsupported",
	  "extern LINUX_KERNEL_VERSION is a kernel configuration", true,
	  REF(VOUCH_REF_MAP_VALUE), 1, NULL },
	{ "refuse/skb", "accepted", "", false, 0, 1, NULL },
	{ "refuse/tp_btf", "unsupported",
	  "CO-RE relocations (section tp_btf/sched_switch)", true,
	  REF(VOUCH_REF_MAP_VALUE), 1, NULL },
	{ "refuse/rejected", "rejected", "R1 offset is outside of the packet",
	  false, 0, 0, NULL },
};

static const struct vouch_target no_target;

static const char *text_of(const json_t *json, const char *key)
{
	const char *s = json_string_value(json_object_get(json, key));

	return s ? s : "";
}

static json_t *verify(const struct vouch_kernel *kernel, const char *object,
		      const struct vouch_options *options,
		      struct vouch_test_capture *capture)
{
	char path[128];
	const char *why;
	size_t size = 0;
	json_t *result;
	void *data;

	memset(capture, 0, sizeof(*capture));
	snprintf(path, sizeof(path), "/objects/%s.o", object);
	data = vouch_file_read(path, VOUCH_MAX_OBJECT, &size);
	vouch_test_check(data, "%s is there", path);
	result = vouch_verify_object(kernel, options, &no_target, data, size,
				     &capture->data, &capture->len);
	free(data);
	if (capture->data && vouch_capture_parse(capture->data, capture->len,
						 &capture->view, &why))
		vouch_test_check(false, "%s: %s", object, why);
	return result;
}

static void release(struct vouch_test_capture *capture)
{
	vouch_capture_release(&capture->view);
	free(capture->data);
	memset(capture, 0, sizeof(*capture));
}

static u32 count_in_code(const struct vouch_capture_func_view *f, __le64 tag)
{
	u32 i, n = 0;

	for (i = 0; i + sizeof(tag) <= f->code_len; i++)
		n += !memcmp(f->code + i, &tag, sizeof(tag));
	return n;
}

/* Each tag once in the code; no call where no call is. */
static bool tags_fit(const struct vouch_capture_func_view *f)
{
	u32 i;

	for (i = 0; i < f->n_refs; i++)
		if (f->refs[i].tag && count_in_code(f, f->refs[i].tag) != 1)
			return false;
	return true;
}

static bool call_fits(const struct vouch_capture_func_view *f, u64 target)
{
	u64 base = le64_to_cpu(f->func->address);
	u32 i;
	s32 rel;

	for (i = 0; i + 5 <= f->code_len; i++) {
		memcpy(&rel, f->code + i + 1, sizeof(rel));
		if (f->code[i] == 0xe8 && base + i + 5 + rel == target)
			return true;
	}
	return false;
}

static bool calls_fit(const struct vouch_capture_prog_view *p,
		      const struct vouch_capture_func_view *f)
{
	u32 i;

	for (i = 0; i < f->n_refs; i++) {
		const struct vouch_capture_ref *r = &f->refs[i];
		u32 kind = le32_to_cpu(r->kind);
		u64 to = le64_to_cpu(r->value);

		if (kind == VOUCH_REF_SUBCALL)
			to = le64_to_cpu(
				p->funcs[le32_to_cpu(r->index)].func->address);
		else if (kind != VOUCH_REF_CALL)
			continue;
		if (!call_fits(f, to))
			return false;
	}
	return true;
}

static bool has_sym(const struct vouch_capture_prog_view *p, const char *name)
{
	u32 i;

	for (i = 0; i < p->n_syms; i++)
		if (!strcmp(p->syms[i]->name, name))
			return true;
	return false;
}

static void check_capture(const struct expectation *e,
			  const struct vouch_test_capture *capture)
{
	const struct vouch_capture_prog_view *p = capture->view.progs;
	bool tags = true, calls = true;
	u32 i, j, refs = 0;

	vouch_test_check(capture->view.n_progs == 1, "%s: captured", e->object);
	if (!p)
		return;
	for (i = 0; i < p->n_funcs; i++) {
		tags = tags && tags_fit(&p->funcs[i]);
		calls = calls && calls_fit(p, &p->funcs[i]);
		for (j = 0; j < p->funcs[i].n_refs; j++)
			refs |= REF(le32_to_cpu(p->funcs[i].refs[j].kind));
	}
	vouch_test_check(p->n_funcs == e->funcs, "%s: %u functions", e->object,
			 p->n_funcs);
	vouch_test_check(tags, "%s: each tag stands once in the code",
			 e->object);
	vouch_test_check(calls, "%s: each call stands in the code", e->object);
	vouch_test_check(refs == e->refs, "%s: kinds of references %x",
			 e->object, refs);
	vouch_test_check(has_sym(p, "srso_return_thunk"),
			 "%s: the return thunk is named", e->object);
	vouch_test_check(!e->sym || has_sym(p, e->sym), "%s: %s is named",
			 e->object, e->sym ? e->sym : "nothing");
}

static void meets(const struct vouch_kernel *kernel,
		  const struct expectation *e)
{
	struct vouch_options options = { .allow_perfmon = true };
	bool accepted = !strcmp(e->verdict, "accepted");
	struct vouch_test_capture capture;
	json_t *result = verify(kernel, e->object, &options, &capture);

	vouch_test_check(!strcmp(text_of(result, "verdict"), e->verdict),
			 "%s: %s", e->object, text_of(result, "verdict"));
	vouch_test_check(strstr(text_of(result, "reason"), e->reason),
			 "%s: because: %s", e->object,
			 text_of(result, "reason"));
	vouch_test_check(!capture.data == !accepted,
			 "%s: a capture only when accepted", e->object);
	if (accepted)
		check_capture(e, &capture);
	json_decref(result);
	release(&capture);
	if (!e->recorded)
		return;
	options.record = true;
	result = verify(kernel, e->object, &options, &capture);
	vouch_test_check(!strcmp(text_of(result, "verdict"), "accepted"),
			 "%s: recorded: %s", e->object,
			 text_of(result, "reason"));
	check_capture(e, &capture);
	json_decref(result);
	release(&capture);
}

static bool has_privilege(const json_t *result, const char *name)
{
	json_t *list = json_object_get(result, "privileges"), *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (!strcmp(json_string_value(value), name))
			return true;
	return false;
}

static void privileges_are_the_least(const struct vouch_kernel *kernel)
{
	struct vouch_options options = { .allow_perfmon = true };
	struct vouch_test_capture capture;
	json_t *result = verify(kernel, "xdp_count", &options, &capture);

	vouch_test_check(!has_privilege(result, "perfmon") && capture.data &&
				 !capture.view.env->privileges,
			 "what needs no perfmon does not get it");
	json_decref(result);
	release(&capture);
	result = verify(kernel, LARGE_OBJECT, &options, &capture);
	vouch_test_check(has_privilege(result, "perfmon") && capture.data &&
				 le32_to_cpu(capture.view.env->privileges) ==
					 VOUCH_PRIV_PERFMON,
			 "what needs perfmon says so");
	json_decref(result);
	release(&capture);
	options.allow_perfmon = false;
	result = verify(kernel, LARGE_OBJECT, &options, &capture);
	vouch_test_check(!strcmp(text_of(result, "verdict"), "rejected") &&
				 !capture.data,
			 "and is rejected where that is not allowed: %s",
			 text_of(result, "reason"));
	vouch_test_check(strstr(text_of(result, "log"), "; "),
			 "with the whole log");
	json_decref(result);
	release(&capture);
}

static void option_is_refused(const struct vouch_kernel *kernel, bool entries,
			      const char *text, const char *reason)
{
	struct vouch_options options = { 0 };
	struct vouch_test_capture capture;
	const char *why = "";
	json_t *result;

	if (entries)
		vouch_options_add(options.map_entries, &options.n_map_entries,
				  text, &why);
	else
		vouch_options_add(options.set, &options.n_set, text, &why);
	result = verify(kernel, "xdp_count", &options, &capture);
	vouch_test_check(!strcmp(text_of(result, "error"), "usage") &&
				 strstr(text_of(result, "reason"), reason),
			 "%s: %s", text, text_of(result, "reason"));
	json_decref(result);
	release(&capture);
}

/* 64 GiB, which no verifier VM has. */
static void maps_must_fit(const struct vouch_kernel *kernel)
{
	struct vouch_options options = { 0 };
	struct vouch_test_capture capture;
	const char *why;
	json_t *result;

	vouch_options_add(options.map_entries, &options.n_map_entries,
			  "sources=4294967295", &why);
	result = verify(kernel, "xdp_count", &options, &capture);
	vouch_test_check(!strcmp(text_of(result, "verdict"), "unsupported") &&
				 strstr(text_of(result, "reason"),
					"map sources: 4294967295 entries"),
			 "maps larger than the VM: %s",
			 text_of(result, "reason"));
	json_decref(result);
	release(&capture);
}

static void options_take_effect(const struct vouch_kernel *kernel)
{
	struct vouch_options options = { 0 };
	struct vouch_test_capture plain, set;
	const char *why;

	json_decref(verify(kernel, "xdp_count", &options, &plain));
	vouch_options_add(options.set, &options.n_set, "sample=0x7fffffff",
			  &why);
	vouch_options_add(options.map_entries, &options.n_map_entries,
			  "sources=7", &why);
	json_decref(verify(kernel, "xdp_count", &options, &set));
	vouch_test_check(plain.data && set.data, "both are accepted");
	if (plain.data && set.data) {
		vouch_test_check(
			!memcmp(set.view.maps[2].data, "\xff\xff\xff\x7f", 4) &&
				!memcmp(plain.view.maps[2].data, "\1\0\0\0", 4),
			"a setting is the map's starting value");
		vouch_test_check(
			le32_to_cpu(set.view.maps[1].map->max_entries) == 7,
			"a map has the entries that were asked for");
		vouch_test_check(
			le32_to_cpu(set.view.maps[2].map->flags) ==
				(VOUCH_MAP_FROZEN | VOUCH_MAP_INTERNAL),
			".rodata is frozen");
		vouch_test_check(set.view.progs->funcs[0].code_len !=
					 plain.view.progs->funcs[0].code_len,
				 "a setting is folded into the code");
	}
	release(&plain);
	release(&set);
}

static void same_input_same_bytes(const struct vouch_kernel *kernel)
{
	struct vouch_options options = { 0 };
	struct vouch_test_capture a, b;
	u32 i, j;
	bool same;

	json_decref(verify(kernel, "xdp_count", &options, &a));
	json_decref(verify(kernel, "xdp_count", &options, &b));
	same = a.len == b.len && a.view.n_progs == b.view.n_progs;
	for (i = 0; same && i < a.view.n_progs; i++)
		for (j = 0; j < a.view.progs[i].n_funcs; j++)
			same = same &&
			       a.view.progs[i].funcs[j].code_len ==
				       b.view.progs[i].funcs[j].code_len;
	vouch_test_check(same, "two captures of one object agree");
	release(&a);
	release(&b);
}

static void broken_objects_are_refused(const struct vouch_kernel *kernel)
{
	struct vouch_options options = { 0 };
	size_t size, len, capture_len, step;
	u8 *data = vouch_file_read("/objects/xdp_count.o", VOUCH_MAX_OBJECT,
				   &size);
	u8 *capture;
	u32 n = 0, bad = 0;

	step = size / 12;
	for (len = 0; data && len < size; len += step) {
		json_t *result = vouch_verify_object(kernel, &options,
						     &no_target, data, len,
						     &capture, &capture_len);

		n++;
		/* Nobody's error but the submitter's, so no crash either. */
		if (strcmp(text_of(result, "verdict"), "error") ||
		    strcmp(text_of(result, "error"), "usage"))
			bad++;
		json_decref(result);
		free(capture);
	}
	free(data);
	vouch_test_check(n >= 12 && !bad,
			 "an object that is cut short is refused (%u of %u)",
			 n - bad, n);
}

static void sections_lie_in_the_object(const struct vouch_kernel *kernel)
{
	struct vouch_options options = { 0 };
	size_t size = 0, capture_len;
	u8 *data = vouch_file_read("/objects/xdp_count.o", VOUCH_MAX_OBJECT,
				   &size);
	const Elf64_Ehdr *eh = (const void *)data;
	u32 i, n = 0, bad = 0;
	u8 *capture;

	for (i = 1; data && i < eh->e_shnum; i++) {
		Elf64_Shdr *sh = (Elf64_Shdr *)(data + eh->e_shoff) + i;
		u64 offset = sh->sh_offset;
		json_t *result;

		if (sh->sh_type != SHT_PROGBITS || !sh->sh_size)
			continue;
		sh->sh_offset = 1ull << 40;
		result = vouch_verify_object(kernel, &options, &no_target, data,
					     size, &capture, &capture_len);
		sh->sh_offset = offset;
		n++;
		bad += !strstr(text_of(result, "reason"), "outside the file");
		json_decref(result);
		free(capture);
	}
	free(data);
	vouch_test_check(n && !bad,
			 "a section outside the object is refused (%u of %u)",
			 n - bad, n);
}

/* The first type, a pointer, is to one that is not there. */
static void types_must_be_whole(const struct vouch_kernel *kernel)
{
	struct vouch_options options = { 0 };
	size_t size = 0, capture_len;
	u8 *data = vouch_file_read("/objects/xdp_count.o", VOUCH_MAX_OBJECT,
				   &size);
	struct vouch_object object;
	struct btf_type *type;
	const char *why = "";
	json_t *result;
	u8 *capture;

	vouch_object_read(data, size, &object, &why);
	type = (void *)((u8 *)object.btf.data + sizeof(struct btf_header));
	vouch_test_check(BTF_INFO_KIND(type->info) == BTF_KIND_PTR,
			 "the object has types: %s", why);
	type->type = 1000000;
	result = vouch_verify_object(kernel, &options, &no_target, data, size,
				     &capture, &capture_len);
	vouch_test_check(!strcmp(text_of(result, "error"), "usage") &&
				 strstr(text_of(result, "reason"),
					"the object's BTF is broken"),
			 "an object without a type that it needs: %s",
			 text_of(result, "reason"));
	json_decref(result);
	free(capture);
	free(data);
}

void vouch_test_objects(void)
{
	static struct vouch_kernel kernel;
	char why[256] = "";
	u32 i;
	int err = vouch_kernel_read(&kernel, why, sizeof(why));

	vouch_test_check(!err, "the kernel's facts can be read: %s", why);
	if (err)
		return;
	for (i = 0; i < sizeof(expectations) / sizeof(*expectations); i++)
		meets(&kernel, &expectations[i]);
	privileges_are_the_least(&kernel);
	option_is_refused(&kernel, false, "sample=-1", "out of range");
	option_is_refused(&kernel, false, "sample=4294967296", "out of range");
	option_is_refused(&kernel, false, "drop_protocol=256", "out of range");
	option_is_refused(&kernel, false, "sample=", "no value");
	option_is_refused(&kernel, false, "sample=1x", "no value");
	option_is_refused(&kernel, false, "count_sources=maybe", "no value");
	option_is_refused(&kernel, false, "nothing=1",
			  "it has: sample, drop_protocol, count_sources");
	option_is_refused(&kernel, true, "nothing=1", "no map nothing");
	option_is_refused(&kernel, true, "sources=0", "no number");
	option_is_refused(&kernel, true, ".rodata=2", "no map .rodata");
	maps_must_fit(&kernel);
	options_take_effect(&kernel);
	same_input_same_bytes(&kernel);
	broken_objects_are_refused(&kernel);
	sections_lie_in_the_object(&kernel);
	types_must_be_whole(&kernel);
}
