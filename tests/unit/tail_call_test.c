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

#define FIXTURE_INDIRECT (FIXTURE_OTHER + 0x100)
#define MAX_ENTRIES 36
#define VALUE 312
#define PROG_FUNC 48

/* Up to the pops: as docs/formats.md has it, with a frame of 16 bytes. */
static const u8 call_head[] = {
	0x89, 0xd2, 0x39, 0x56, MAX_ENTRIES, 0x76, 0,	 0x8b, 0x85, 0xec,
	0xff, 0xff, 0xff, 0x83, 0xf8,	     33,   0x73, 0,    0x83, 0xc0,
	0x01, 0x89, 0x85, 0xec, 0xff,	     0xff, 0xff, 0x48, 0x8b, 0x8c,
	0xd6, 0x38, 0x01, 0x00, 0x00,	     0x48, 0x85, 0xc9, 0x74, 0,
};
/* pop r13; pop rbx; pop rax; add rsp, 16; mov rcx, [rcx + 48]; add rcx, 11 */
static const u8 call_tail[] = {
	0x41, 0x5d, 0x5b, 0x58, 0x48,	   0x81, 0xc4, 0x10, 0x00, 0x00,
	0x00, 0x48, 0x8b, 0x49, PROG_FUNC, 0x48, 0x83, 0xc1, 11,
};
#define JUMP_AT (sizeof(call_head) + sizeof(call_tail))

static u32 at, len; /* of the tail call in function 0 */

/* The program with a prologue that starts the counter, and a tail call. */
static u8 *start_over(struct fixture *f, const void *jump, u32 jump_len)
{
	struct fixture_func *m = &f->funcs[0];
	u8 code[FIXTURE_CODE];
	u32 i, n = 0;

	fixture_release(f);
	fixture_init(f);
	f->prog.flags |= cpu_to_le32(VOUCH_PROG_CALLS_TAIL);
	memmove(&f->facts[3], &f->facts[2], 2 * sizeof(f->facts[0]));
	memset(&f->facts[2], 0, sizeof(f->facts[0]));
	f->n_facts = 2;
	add_fact(f, "bpf_prog", "bpf_func", PROG_FUNC, 8);
	f->n_facts = 5;
	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_PROG_ARRAY);
	f->maps[0].value_size = cpu_to_le32(4);
	fixture_profile(f, "\"hash\"", "\"prog_array\"");
	f->object_calls_tail = true;
	fixture_object(f, (struct fixture_extern){}, false);
	/* Without the calls, which would need the counter. */
	m->n_refs = 1;
	n = marks.map + 10;
	memcpy(code, m->code, n);
	at = n + 1; /* push rax */
	memmove(code + 19, code + 18, n - 18);
	code[5] = 0x31;
	code[6] = 0xc0;
	code[18] = 0x50;
	m->len = 0;
	emit(m, code, n + 1);
	len = JUMP_AT + jump_len;
	emit(m, call_head, sizeof(call_head));
	emit(m, call_tail, sizeof(call_tail));
	emit(m, jump, jump_len);
	for (i = 6; i <= 39; i += i == 6 ? 11 : 22)
		m->code[at + i] = (u8)(len - i - 1);
	EMIT(m, "\xb8\x02\x00\x00\x00\x41\x5d\x5b\xc9");
	emit_branch(f, 0, 0xe9, FIXTURE_THUNK);
	strcpy(f->syms[3].name, VOUCH_INDIRECT_THUNK);
	f->syms[3].address = cpu_to_le64(FIXTURE_INDIRECT);
	f->n_syms = 4;
	if (jump_len == 5 && *(const u8 *)jump == 0xe9)
		fixture_aim(f, 0, at + JUMP_AT, FIXTURE_INDIRECT);
	return m->code + at;
}

#define THUNK "\xe9\0\0\0\0", 5

static void tail_calls_are_accepted(void **state)
{
	struct fixture *f = *state;

	start_over(f, THUNK);
	f->env.features |= cpu_to_le32(VOUCH_FEATURE_RETPOLINE);
	accepted(f);
	start_over(f, "\x0f\xae\xe8\xff\xe1", 5);
	accepted(f);
	start_over(f, "\xff\xe1\xcc", 3);
	accepted(f);
	assert_int_equal(f->chk.owners[0], BPF_PROG_TYPE_XDP);
}

static void a_plain_jump_needs_its_feature(void **state)
{
	struct fixture *f = *state;

	start_over(f, "\xff\xe1\xcc", 3);
	f->env.features |= cpu_to_le32(VOUCH_FEATURE_RETPOLINE);
	refused(f, "a plain indirect jump", "function 0");
}

static void the_jump_is_to_its_thunk(void **state)
{
	struct fixture *f = *state;

	start_over(f, THUNK);
	fixture_aim(f, 0, at + JUMP_AT, FIXTURE_OTHER);
	refused(f, "a tail call by way of commit_creds", "function 0");
	fixture_aim(f, 0, at + JUMP_AT, FIXTURE_INDIRECT + 1);
	refused(f, "an unknown place", "function 0");
}

/* Each byte of it; where the target's layout is, the check has a say. */
static void a_changed_tail_call_is_refused(void **state)
{
	struct fixture *f = *state;
	u32 i;

	for (i = 0; i < JUMP_AT + 1; i++) {
		start_over(f, THUNK)[i] ^= 0x41;
		if (!fixture_check(f))
			fail_msg("byte %u of a tail call may change", i);
	}
}

static void the_counter_is_passed_on(void **state)
{
	struct fixture *f = *state;

	/* A call without the counter in rax */
	start_over(f, THUNK);
	fixture_insert(f, 0, at, "\xe8\0\0\0\0", 5);
	refused(f, "call: not what the JIT", "function 0");
	/* A prologue that does not set it */
	start_over(f, THUNK);
	f->funcs[0].code[5] = 0x66;
	f->funcs[0].code[6] = 0x90;
	refused(f, "not what the JIT", "function 0");
	/* The same code of a program that is said to make no tail calls */
	start_over(f, THUNK);
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
	start_over(f, THUNK);
	forget_call(f);
	refused(f, "a tail call, for which the object has no call",
		"function 0");
}

static void layout_is_the_captures(void **state)
{
	struct fixture *f = *state;

	start_over(f, THUNK);
	f->facts[2].offset = cpu_to_le32(PROG_FUNC + 8);
	refused(f, "not where the capture says", "function 0");
	start_over(f, THUNK);
	f->facts[1].offset = cpu_to_le32(MAX_ENTRIES + 4);
	refused(f, "not where the capture says", "function 0");
	start_over(f, THUNK);
	memmove(&f->facts[2], &f->facts[3], 2 * sizeof(f->facts[0]));
	f->n_facts = 4;
	refused(f, "does not state bpf_prog.bpf_func", "counters");
}

static void pokes_are_refused(void **state)
{
	struct fixture *f = *state;

	start_over(f, THUNK);
	f->prog.n_poke = cpu_to_le32(1);
	refused(f, "prog array was filled in the verifier VM", "xdp-test");
}

static void prog_arrays_have_a_shape(void **state)
{
	struct fixture *f = *state;

	start_over(f, THUNK);
	f->maps[0].value_size = cpu_to_le32(8);
	refused(f, "a size that no map of type prog_array has", "counters");
	start_over(f, THUNK);
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

	start_over(f, "\x0f\xae\xe8\xff\xe1", 5);
	img = parse(f, &file);
	assert_int_equal(img.n_retpolines, 1);
	assert_int_equal(img.retpolines[0].r_addend, at + JUMP_AT);
	assert_int_equal(img.text[at + JUMP_AT], 0xe9);
	assert_true(img.retpoline);
	assert_int_equal(le32_to_cpu(img.req.req->prog_func), PROG_FUNC);
	assert_int_equal(VOUCH_MAP_OWNER(le32_to_cpu(img.req.maps[0].flags)),
			 BPF_PROG_TYPE_XDP);
	free(file);

	fixture_profile(f, "\"CONFIG_RETPOLINE\": 1",
			"\"CONFIG_RETPOLINE\": 0");
	img = parse(f, &file);
	assert_int_equal(img.n_retpolines, 0);
	assert_memory_equal(img.text + at + JUMP_AT, plain, sizeof(plain));
	assert_false(img.retpoline);
	free(file);

	start_over(f, "\xff\xe1\xcc", 3);
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
