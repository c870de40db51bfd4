// SPDX-License-Identifier: BSD-2-Clause
/* The check refuses what is not explained, each thing by its name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "check_fixture.h"

static void the_fixture_is_accepted(void **state)
{
	accepted(*state);
}

static void a_plain_return_needs_its_feature(void **state)
{
	struct fixture *f = *state;

	f->funcs[1].code[f->funcs[1].len - 5] = 0xc3;
	f->funcs[1].len -= 4;
	refused(f, "a plain return", "function 1");
	f->env.features = 0;
	refused(f, "returns are plain", "CONFIG_RETHUNK");
}

static void plain_returns_suit_targets_without_thunks(void **state)
{
	struct fixture *f = *state;

	f->env.features = 0;
	f->funcs[0] = f->funcs[1];
	f->funcs[0].code[f->funcs[0].len - 5] = 0xc3;
	f->funcs[0].len -= 4;
	f->n_funcs = 1;
	f->prog.stack_depth = 0;
	fixture_profile(f, "\"CONFIG_RETHUNK\": 1", "\"CONFIG_RETHUNK\": 0");
	accepted(f);
}

static void a_hidden_call_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_insert(f, 0, marks.mov, "\xe8\x00\x00\x00\x00", 5);
	fixture_aim(f, 0, marks.mov, FIXTURE_LOOKUP);
	refused(f, "does not declare", "function 0");
}

static void a_hidden_constant_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_insert(f, 0, marks.mov,
		       "\x48\xbf\x00\x00\x00\x81\xff\xff\xff\xfe", 10);
	refused(f, "64-bit constant 0xfeffffff81000000", "does not explain");
}

static void a_constant_for_a_tag_is_refused(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].code[marks.map + 4] ^= 1;
	refused(f, "not the tag", "function 0");
}

static void an_extra_declaration_is_refused(void **state)
{
	struct fixture *f = *state;
	struct fixture_func *m = &f->funcs[0];

	m->refs[m->n_refs] = m->refs[m->n_refs - 1];
	m->n_refs++;
	refused(f, "declares 1 references more", "xdp-test");
}

static void a_missing_declaration_is_refused(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].n_refs--;
	refused(f, "does not declare", "function 0");
}

static void swapped_references_are_refused(void **state)
{
	struct fixture *f = *state;
	struct fixture_func *m = &f->funcs[0];
	struct vouch_capture_ref ref = m->refs[0];

	m->refs[0] = m->refs[1];
	m->refs[1] = ref;
	refused(f, "declares a call here", "function 0");
}

/* Tags must stand in order, so the code is what gets swapped. */
static void swapped_tags_are_refused(void **state)
{
	struct fixture *f = *state;
	struct fixture_func *m = &f->funcs[0];
	u8 tag[8];

	memcpy(tag, m->code + marks.map + 2, 8);
	memcpy(m->code + marks.map + 2, m->code + marks.value + 2, 8);
	memcpy(m->code + marks.value + 2, tag, 8);
	refused(f, "not the tag", "function 0");
}

static void a_call_elsewhere_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_aim(f, 0, marks.call, FIXTURE_OTHER);
	refused(f, "declares another reference", "function 0");
}

static void a_call_into_a_function_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_aim(f, 0, marks.subcall, FIXTURE_FUNC(1) + 11);
	refused(f, "declares a call of function 1", "function 0");
}

static void another_function_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_aim(f, 0, marks.subcall, FIXTURE_FUNC(0));
	refused(f, "declares a call of function 1", "function 0");
}

static void a_helper_that_the_object_does_not_call_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_profile(f, "[\"vouch_bpf_htab_lookup_raw\"]",
			"[\"vouch_bpf_htab_delete\","
			" \"vouch_bpf_htab_lookup\"]");
	memset(f->syms[0].name, 0, sizeof(f->syms[0].name));
	strcpy(f->syms[0].name, "htab_map_delete_elem");
	refused(f, "htab_map_delete_elem, for which the", "function 0");
	strcpy(f->syms[0].name, "htab_map_lookup_elem");
	accepted(f);
}

static void functions_that_overlap_are_refused(void **state)
{
	struct fixture *f = *state;

	f->nearer = 0x1000 - f->funcs[0].len;
	refused(f, "declares a call of function 1", "function 0");
	f->nearer++;
	refused(f, "functions 0 and 1 overlap", "xdp-test");
	f->nearer = 0x1000;
	refused(f, "functions 0 and 1 overlap", "xdp-test");
	f->nearer = 0x1000 + f->funcs[1].len - 1;
	refused(f, "functions 0 and 1 overlap", "xdp-test");
}

static void a_kernel_function_is_refused_by_name(void **state)
{
	struct fixture *f = *state;

	fixture_aim(f, 0, marks.call, FIXTURE_OTHER);
	f->funcs[0].refs[1].value = cpu_to_le64(FIXTURE_OTHER);
	refused(f, "calls commit_creds", "xdp-test");
}

static void a_helper_that_is_not_offered_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_profile(f, "vouch_bpf_htab_lookup_raw",
			"vouch_bpf_ktime_get_ns");
	refused(f, "calls __htab_map_lookup_elem", "does not offer");
}

static void a_btf_id_is_refused(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].refs[3].kind = cpu_to_le32(VOUCH_REF_BTF_ID);
	f->funcs[0].refs[3].value = cpu_to_le64(4711);
	refused(f, "typed ksym", "4711");
}

static void an_unknown_constant_is_refused(void **state)
{
	struct fixture *f = *state;
	__le64 value = cpu_to_le64(0xffff888012345678ull);

	f->funcs[0].refs[3].kind = cpu_to_le32(VOUCH_REF_OTHER);
	f->funcs[0].refs[3].value = value;
	f->funcs[0].refs[3].tag = value;
	memcpy(f->funcs[0].code + marks.constant + 2, &value, 8);
	refused(f, "unexplained 64-bit constant", "0xffff888012345678");
}

static void a_callback_is_one_of_the_functions(void **state)
{
	struct fixture *f = *state;

	fixture_take_address(f);
	accepted(f);
	f->funcs[0].code[marks.constant + 2] ^= 1;
	refused(f, "not the tag", "function 0");
}

/* An inlined bpf_loop() compares with the most rounds there may be. */
static void rounds_of_loops_need_a_loop(void **state)
{
	struct fixture *f = *state;

	fixture_insert(f, 0, marks.mov, "\x48\x81\xff\x00\x00\x80\x00", 7);
	refused(f, "32-bit constant 0x800000", "function 0");
}

/* A typeless ksym: libbpf made a plain constant of it. */
static void a_constant_of_another_origin_is_refused(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].refs[3].value = cpu_to_le64(0xffffffff82000000ull);
	refused(f, "is not the object's", "0xffffffff82000000");
}

static void small_constants_of_another_origin_are_refused(void **state)
{
	static const struct bytes forms[] = {
		BYTES("per-CPU offset", "\xbf\xa0\xf0\x01\x00"),
		BYTES("top 2 GiB", "\x48\xc7\xc7\x00\x00\x00\x82"),
		BYTES("added to", "\x48\x81\xc7\xa0\xf0\x01\x00"),
		BYTES("stored", "\xc7\x45\xf8\xa0\xf0\x01\x00"),
		BYTES("in r10, but no limit",
		      "\x41\xba\xa0\xf0\x01\x00\x4c\x89\xd7\x48\x01\xc7"),
	};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct fixture *f = *state;

		fixture_release(f);
		fixture_init(f);
		fixture_insert(f, 0, marks.mov, forms[i].bytes, forms[i].len);
		print_message("  %s\n", forms[i].name);
		refused(f, "32-bit constant", "per-CPU offset");
	}
}

/* cmp rax, max_entries; and eax, mask; add rax, key offset + key size */
static void numbers_of_inlined_lookups_are_explained(void **state)
{
	struct fixture *f = *state;

	fixture_insert(f, 0, marks.mov,
		       "\x48\x81\xf8\xe8\x03\x00\x00"
		       "\x25\xff\x03\x00\x00"
		       "\x48\x81\xc7\x38\x01\x00\x00",
		       19);
	accepted(f);
}

static void a_value_needs_an_array_of_one(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].refs[2].index = 0;
	refused(f, "no array of one entry", "counters");
}

static void other_programs_are_refused(void **state)
{
	struct fixture *f = *state;

	f->prog.type = cpu_to_le32(BPF_PROG_TYPE_KPROBE);
	refused(f, "it is of type kprobe (2) in", "section xdp of");
	strcpy(f->prog.section, "kprobe");
	refused(f, "which section kprobe of the object is not", "xdp-test");
	memcpy(f->prog.section, "xdp\0\0", 6);
	f->prog.type = cpu_to_le32(BPF_PROG_TYPE_XDP);
	fixture_profile(f, "[\"xdp\"]", "[]");
	refused(f, "no hook for program type xdp (6)", "prog_types of");
}

static void a_context_that_was_not_asked_about_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_profile(f, "[\"xdp\"]", "[\"sched_cls\"]");
	memcpy(memmem(f->object, f->object_len, "\0xdp", 5), "\0tc\0", 5);
	memcpy(f->prog.section, "tc\0", 4);
	f->prog.type = cpu_to_le32(BPF_PROG_TYPE_SCHED_CLS);
	refused(f, "type sched_cls: nobody has asked the", "xdp-test");
}

static void what_cannot_be_linked_is_refused(void **state)
{
	struct fixture *f = *state;

	f->prog.flags = 0;
	refused(f, "did not JIT", "xdp-test");
	f->prog.flags = cpu_to_le32(VOUCH_PROG_JITED | VOUCH_PROG_SLEEPABLE);
	refused(f, "sleepable", "xdp-test");
	f->prog.flags = cpu_to_le32(VOUCH_PROG_JITED);
	f->prog.n_poke = cpu_to_le32(1);
	refused(f, "tail calls", "xdp-test");
}

static void another_stack_is_refused(void **state)
{
	struct fixture *f = *state;

	f->prog.stack_depth = cpu_to_le32(9);
	accepted(f);
	f->prog.stack_depth = cpu_to_le32(8);
	refused(f, "a stack of 8 bytes", "xdp-test");
}

static void other_maps_are_refused(void **state)
{
	struct fixture *f = *state;

	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_XSKMAP);
	refused(f, "type xskmap (17)", "need a kernel with BPF");
	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_PERCPU_HASH);
	refused(f, "percpu_hash", "does not offer");
	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_HASH);
	f->maps[0].map_flags = cpu_to_le32(BPF_F_INNER_MAP);
	refused(f, "flags 0x1000", "counters");
	f->maps[0].map_flags = 0;
	f->maps[0].key_size = 0;
	refused(f, "a size that no map of type hash has", "counters");
}

static void another_layout_is_refused_by_field(void **state)
{
	struct fixture *f = *state;

	f->facts[3].offset = cpu_to_le32(8);
	refused(f, "xdp_buff.data", "offset 8");
	f->facts[3].offset = 0;
	f->facts[3].size = cpu_to_le32(4);
	refused(f, "xdp_buff.data", "size 4");
	f->facts[3].size = cpu_to_le32(8);
	strcpy(f->facts[3].field, "data_end");
	refused(f, "xdp_buff.data_end", "does not state");
}

static void map_layout_must_be_stated(void **state)
{
	struct fixture *f = *state;

	memmove(&f->facts[2], &f->facts[3], sizeof(f->facts[0]));
	f->n_facts = 3;
	refused(f, "htab_elem.key", "does not state");
}

static void map_layout_must_be_possible(void **state)
{
	static const u32 offsets[3] = { 4104, 34, 52 };
	struct fixture *f = *state;
	u32 i;

	for (i = 0; i < 3; i++) {
		fixture_release(f);
		fixture_init(f);
		f->facts[i].offset = cpu_to_le32(offsets[i]);
		refused(f, "the layout of maps", "capture");
	}
}

static void other_targets_are_refused(void **state)
{
	static const char *const options[] = {
		"CONFIG_X86_KERNEL_IBT",
		"CONFIG_CFI_CLANG",
		"CONFIG_PREEMPT_RT",
		"CONFIG_MODVERSIONS",
	};
	struct fixture *f = *state;
	char off[64], on[64];
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		fixture_release(f);
		fixture_init(f);
		sprintf(off, "\"%s\": 0", options[i]);
		sprintf(on, "\"%s\": 1", options[i]);
		fixture_profile(f, off, on);
		refused(f, "cannot be linked yet", options[i]);
	}
}

static void other_verifier_features_are_refused(void **state)
{
	struct fixture *f = *state;

	f->env.features |= cpu_to_le32(VOUCH_FEATURE_IBT);
	refused(f, "IBT", "capture");
	f->env.features =
		cpu_to_le32(VOUCH_FEATURE_RETHUNK | VOUCH_FEATURE_CALL_DEPTH);
	refused(f, "call depth", "capture");
}

static void another_architecture_is_refused(void **state)
{
	struct fixture *f = *state;

	f->env.arch = cpu_to_le32(VOUCH_ARCH_ARM64);
	refused(f, "made on arm64, but target 6.1.0-target is of x86_64",
		"capture");
}

static void profiles_must_say_what_decides(void **state)
{
	static const char *const lost[][2] = {
		{ "\"module.size\": 832,", "" },
		{ "\"CONFIG_RETHUNK\": 1,", "" },
		{ "\"schema_version\": 1", "\"schema_version\": 2" },
		{ "\"target_abi\": 1", "\"target_abi\": 2" },
		{ "x86_64", "riscv64" },
		{ "x86_64", "arm64" }, /* whose own options it lacks */
		{ "\"CONFIG_RETHUNK\": 1", "\"CONFIG_RETHUNK\": \"y\"" },
		{ "\"helpers\"", "\"Helpers\"" },
	};
	struct fixture *f = *state;
	struct vouch_profile *p;
	char why[256];
	size_t i;

	for (i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		fixture_release(f);
		fixture_init(f);
		fixture_profile(f, lost[i][0], lost[i][1]);
		assert_int_equal(
			profile_of_json(f->profile, &p, why, sizeof(why)),
			-EINVAL);
		print_message("  %s\n", why);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(the_fixture_is_accepted),
		T(a_plain_return_needs_its_feature),
		T(plain_returns_suit_targets_without_thunks),
		T(a_hidden_call_is_refused),
		T(a_hidden_constant_is_refused),
		T(a_constant_for_a_tag_is_refused),
		T(an_extra_declaration_is_refused),
		T(a_missing_declaration_is_refused),
		T(swapped_references_are_refused),
		T(swapped_tags_are_refused),
		T(a_call_elsewhere_is_refused),
		T(a_call_into_a_function_is_refused),
		T(another_function_is_refused),
		T(a_helper_that_the_object_does_not_call_is_refused),
		T(functions_that_overlap_are_refused),
		T(a_kernel_function_is_refused_by_name),
		T(a_helper_that_is_not_offered_is_refused),
		T(a_btf_id_is_refused),
		T(an_unknown_constant_is_refused),
		T(a_callback_is_one_of_the_functions),
		T(rounds_of_loops_need_a_loop),
		T(a_constant_of_another_origin_is_refused),
		T(small_constants_of_another_origin_are_refused),
		T(numbers_of_inlined_lookups_are_explained),
		T(a_value_needs_an_array_of_one),
		T(other_programs_are_refused),
		T(a_context_that_was_not_asked_about_is_refused),
		T(what_cannot_be_linked_is_refused),
		T(another_stack_is_refused),
		T(other_maps_are_refused),
		T(another_layout_is_refused_by_field),
		T(map_layout_must_be_stated),
		T(map_layout_must_be_possible),
		T(other_targets_are_refused),
		T(other_verifier_features_are_refused),
		T(another_architecture_is_refused),
		T(profiles_must_say_what_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
