// SPDX-License-Identifier: BSD-2-Clause
/* Tail calls: their code, their prog arrays, and what is linked for them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "../../common/image.h"
#include "check_fixture.h"
#include "tail_call_fixture.h"

static void tail_calls_are_accepted(void **state)
{
	struct fixture *f = *state;

	fixture_tail_call(f, THUNK);
	f->env.features |= cpu_to_le32(VOUCH_FEATURE_RETPOLINE);
	accepted(f);
	fixture_tail_call(f, "\x0f\xae\xe8\xff\xe1", 5);
	accepted(f);
	fixture_tail_call(f, "\xff\xe1\xcc", 3);
	accepted(f);
	assert_int_equal(f->chk.owners[0], BPF_PROG_TYPE_XDP);
}

static void a_plain_jump_needs_its_feature(void **state)
{
	struct fixture *f = *state;

	fixture_tail_call(f, "\xff\xe1\xcc", 3);
	f->env.features |= cpu_to_le32(VOUCH_FEATURE_RETPOLINE);
	refused(f, "a plain indirect jump", "function 0");
}

static void the_jump_is_to_its_thunk(void **state)
{
	struct fixture *f = *state;

	fixture_tail_call(f, THUNK);
	fixture_aim(f, 0, tail_call.at + JUMP_AT, FIXTURE_OTHER);
	refused(f, "a tail call by way of commit_creds", "function 0");
	fixture_aim(f, 0, tail_call.at + JUMP_AT, FIXTURE_INDIRECT + 1);
	refused(f, "an unknown place", "function 0");
}

/* Each byte of it; where the target's layout is, the check has a say. */
static void a_changed_tail_call_is_refused(void **state)
{
	struct fixture *f = *state;
	u32 i;

	for (i = 0; i < JUMP_AT + 1; i++) {
		fixture_tail_call(f, THUNK)[i] ^= 0x41;
		if (!fixture_check(f))
			fail_msg("byte %u of a tail call may change", i);
	}
}

static void the_counter_is_passed_on(void **state)
{
	struct fixture *f = *state;

	/* A call without the counter in rax */
	fixture_tail_call(f, THUNK);
	fixture_insert(f, 0, tail_call.at, "\xe8\0\0\0\0", 5);
	refused(f, "call: not what the JIT", "function 0");
	/* A prologue that does not set it */
	fixture_tail_call(f, THUNK);
	f->funcs[0].code[5] = 0x66;
	f->funcs[0].code[6] = 0x90;
	refused(f, "not what the JIT", "function 0");
	/* The same code of a program that is said to make no tail calls */
	fixture_tail_call(f, THUNK);
	f->prog.flags = cpu_to_le32(VOUCH_PROG_JITED);
	refused(f, "the prologue is not the JIT's", "function 0");
}

/* Makes the object's call of the helper one of another. */
static void forget_call(struct fixture *f)
{
	const struct bpf_insn call = { .code = BPF_JMP | BPF_CALL,
				       .imm = BPF_FUNC_tail_call };
	size_t i;

	for (i = 0; i + sizeof(call) <= f->object_len; i += sizeof(call))
		if (!memcmp(f->object + i, &call, sizeof(call))) {
			f->object[i + 4] = BPF_FUNC_map_lookup_elem;
			return;
		}
	fail_msg("no call");
}

static void the_object_calls_it(void **state)
{
	struct fixture *f = *state;

	/* The map's definition stays a prog array's. */
	fixture_tail_call(f, THUNK);
	forget_call(f);
	refused(f, "a tail call, for which the object has no call",
		"function 0");
}

static void layout_is_the_captures(void **state)
{
	struct fixture *f = *state;

	fixture_tail_call(f, THUNK);
	f->facts[2].offset = cpu_to_le32(PROG_FUNC + 8);
	refused(f, "not where the capture says", "function 0");
	fixture_tail_call(f, THUNK);
	f->facts[1].offset = cpu_to_le32(MAX_ENTRIES + 4);
	refused(f, "not where the capture says", "function 0");
	fixture_tail_call(f, THUNK);
	memmove(&f->facts[2], &f->facts[3], 2 * sizeof(f->facts[0]));
	f->n_facts = 4;
	refused(f, "does not state bpf_prog.bpf_func", "counters");
}

static void pokes_are_refused(void **state)
{
	struct fixture *f = *state;

	fixture_tail_call(f, THUNK);
	f->prog.n_poke = cpu_to_le32(1);
	refused(f, "prog array was filled in the verifier VM", "xdp-test");
}

static void prog_arrays_have_a_shape(void **state)
{
	struct fixture *f = *state;

	fixture_tail_call(f, THUNK);
	f->maps[0].value_size = cpu_to_le32(8);
	refused(f, "a size that no map of type prog_array has", "counters");
	fixture_tail_call(f, THUNK);
	f->maps[0].max_entries = cpu_to_le32(VOUCH_MAX_ENTRIES + 1);
	refused(f, "entries is 65537", "counters");
}

static struct vouch_image parse(struct fixture *f, void **file)
{
	struct vouch_image img;
	const char *why = "";
	size_t size;

	*file = fixture_link(f, &size);
	if (vouch_image_parse(*file, size, &img, &why))
		fail_msg("%s", why);
	return img;
}

static void tail_calls_are_linked_for_the_target(void **state)
{
	static const u8 plain[] = { 0xff, 0xe1, 0xcc, 0xcc, 0xcc };
	struct fixture *f = *state;
	struct vouch_image img;
	u8 options[VOUCH_HASH_LEN] = {};
	size_t size;
	void *file;

	fixture_tail_call(f, "\x0f\xae\xe8\xff\xe1", 5);
	img = parse(f, &file);
	assert_int_equal(img.n_retpolines, 1);
	assert_int_equal(img.retpolines[0].r_addend, tail_call.at + JUMP_AT);
	assert_int_equal(img.text[tail_call.at + JUMP_AT], 0xe9);
	assert_true(img.retpoline);
	assert_int_equal(le32_to_cpu(img.req.req->prog_func), PROG_FUNC);
	assert_int_equal(VOUCH_MAP_OWNER(le32_to_cpu(img.req.maps[0].flags)),
			 BPF_PROG_TYPE_XDP);
	free(file);

	fixture_profile(f, "\"CONFIG_RETPOLINE\": 1",
			"\"CONFIG_RETPOLINE\": 0");
	img = parse(f, &file);
	assert_int_equal(img.n_retpolines, 0);
	assert_memory_equal(img.text + tail_call.at + JUMP_AT, plain,
			    sizeof(plain));
	assert_false(img.retpoline);
	free(file);

	fixture_tail_call(f, "\xff\xe1\xcc", 3);
	accepted(f);
	assert_int_equal(vouch_link(&f->view, &f->chk, f->target, options, 0,
				    &file, &size, &f->why),
			 -EPERM);
	assert_non_null(strstr(f->why.text, "has no room"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(tail_calls_are_accepted),
		T(a_plain_jump_needs_its_feature),
		T(the_jump_is_to_its_thunk),
		T(a_changed_tail_call_is_refused),
		T(the_counter_is_passed_on),
		T(the_object_calls_it),
		T(layout_is_the_captures),
		T(pokes_are_refused),
		T(prog_arrays_have_a_shape),
		T(tail_calls_are_linked_for_the_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
