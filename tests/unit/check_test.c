// SPDX-License-Identifier: BSD-2-Clause
/* The check refuses what is not explained, each thing by its name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "bridge_fixture.h"

static int start(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	fixture_init(f);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	fixture_release(*state);
	free(*state);
	return 0;
}

/* Refused, with both texts in the message. */
static void refused(struct fixture *f, const char *text, const char *name)
{
	char line[512] = "accepted";
	int ret = fixture_check(f);

	if (ret)
		vouch_refusal_format(&f->why, line, sizeof(line));
	if (ret != -EPERM || !strstr(line, text) || !strstr(line, name))
		fail_msg("%d: '%s' lacks '%s' or '%s'", ret, line, text, name);
}

static void accepted(struct fixture *f)
{
	char line[512];

	if (!fixture_check(f))
		return;
	vouch_refusal_format(&f->why, line, sizeof(line));
	fail_msg("%s", line);
}

struct bytes {
	const char *name;
	const char *bytes;
	u32 len;
};
#define BYTES(name, s)                 \
	{                              \
		name, s, sizeof(s) - 1 \
	}

static void the_fixture_is_accepted(void **state)
{
	accepted(*state);
}

/* Forms of the JIT, as the fixture's function may hold them. */
static void forms_of_the_jit_are_accepted(void **state)
{
	static const struct bytes forms[] = {
		BYTES("add", "\x48\x01\xd8"),
		BYTES("add 32", "\x01\xd8"),
		BYTES("sub r", "\x4c\x29\xe8"),
		BYTES("add imm8", "\x48\x83\xc7\x08"),
		BYTES("and eax imm32", "\x25\x78\x56\x34\x12"),
		BYTES("and edi imm32", "\x81\xe7\x78\x56\x34\x12"),
		BYTES("cmp imm32", "\x48\x81\xff\x78\x56\x34\x12"),
		BYTES("test imm32", "\xf7\xc7\x78\x56\x34\x12"),
		BYTES("imul", "\x48\x0f\xaf\xc1"),
		BYTES("imul imm8", "\x48\x6b\xc0\x0c"),
		BYTES("neg", "\x49\xf7\xda"),
		BYTES("shift by one", "\x48\xd1\xe0"),
		BYTES("shift", "\x49\xc1\xf8\x20"),
		BYTES("shift by cl", "\x48\xd3\xe0"),
		BYTES("shift by rsi", "\x51\x48\x89\xf1\x48\xd3\xe0\x59"),
		BYTES("shift of rcx",
		      "\x49\x89\xcb\x51\x48\x89\xf1\x49\xd3\xe3\x59"
		      "\x4c\x89\xd9"),
		BYTES("rdi / rsi", "\x50\x52\x48\x89\xf8\x31\xd2\x48\xf7\xf6"
				   "\x48\x89\xc7\x5a\x58"),
		BYTES("rax % 10",
		      "\x52\x49\xc7\xc3\x0a\x00\x00\x00\x31\xd2\x49\xf7\xf3"
		      "\x48\x89\xd0\x5a"),
		BYTES("edx / eax", "\x50\x49\x89\xc3\x89\xd0\x31\xd2"
				   "\x41\xf7\xf3\x89\xc2\x58"),
		BYTES("swap 16", "\x66\x41\xc1\xca\x08\x45\x0f\xb7\xd2"),
		BYTES("swap 32", "\x0f\xc8"),
		BYTES("swap 64", "\x49\x0f\xc8"),
		BYTES("lfence", "\x0f\xae\xe8"),
		BYTES("byte store", "\x40\x88\x7b\x00"),
		BYTES("half store", "\x66\x89\x43\x10"),
		BYTES("immediate store", "\x48\xc7\x45\xf0\x00\x00\x00\x00"),
		BYTES("byte load", "\x48\x0f\xb6\x43\x0c"),
		BYTES("far load", "\x48\x8b\x83\x00\x01\x00\x00"),
		BYTES("xadd", "\xf0\x48\x0f\xc1\x7b\x00"),
		BYTES("cmpxchg", "\xf0\x0f\xb1\x7b\x00"),
		BYTES("lock and", "\xf0\x48\x21\x7b\x00"),
		BYTES("padding", "\x0f\x1f\x44\x00\x00\x66\x90\x0f\x1f\x00"),
		BYTES("loop", "\x48\x83\xc0\x01\x75\xfa"),
		BYTES("far jump", "\x0f\x84\x00\x00\x00\x00"),
		BYTES("alu limit",
		      "\x41\xba\xff\x0f\x00\x00\x49\x29\xf2\x49\x09\xf2"
		      "\x49\xf7\xda\x49\xc1\xfa\x3f\x49\x21\xf2\x4c\x01\xd0"),
	};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct fixture *f = *state;

		fixture_release(f);
		fixture_init(f);
		fixture_insert(f, 0, marks.mov, forms[i].bytes, forms[i].len);
		print_message("  %s\n", forms[i].name);
		accepted(f);
	}
}

/* What a CPU would do and the JIT never writes. */
static void other_instructions_are_refused(void **state)
{
	static const struct bytes forms[] = {
		BYTES("wrmsr", "\x0f\x30"),
		BYTES("rdmsr", "\x0f\x32"),
		BYTES("cli", "\xfa"),
		BYTES("sti", "\xfb"),
		BYTES("hlt", "\xf4"),
		BYTES("mov cr0", "\x0f\x22\xc0"),
		BYTES("mov dr7", "\x0f\x23\xf8"),
		BYTES("lgdt", "\x0f\x01\x10"),
		BYTES("swapgs", "\x0f\x01\xf8"),
		BYTES("stac", "\x0f\x01\xcb"),
		BYTES("vmcall", "\x0f\x01\xc1"),
		BYTES("invlpg", "\x0f\x01\x3b"),
		BYTES("wbinvd", "\x0f\x09"),
		BYTES("cpuid", "\x0f\xa2"),
		BYTES("rdtsc", "\x0f\x31"),
		BYTES("out", "\xee"),
		BYTES("in", "\xec"),
		BYTES("int 0x80", "\xcd\x80"),
		BYTES("int3", "\xcc"),
		BYTES("ud2", "\x0f\x0b"),
		BYTES("syscall", "\x0f\x05"),
		BYTES("sysret", "\x48\x0f\x07"),
		BYTES("iretq", "\x48\xcf"),
		BYTES("retf", "\xcb"),
		BYTES("ret", "\xc3"),
		BYTES("ret 8", "\xc2\x08\x00"),
		BYTES("jmp rax", "\xff\xe0"),
		BYTES("jmp [rax]", "\xff\x60\x00"),
		BYTES("call rax", "\xff\xd0"),
		BYTES("push rax", "\x50"),
		BYTES("push rbx, pop rbx", "\x53\x5b"),
		BYTES("push imm", "\x6a\x00"),
		BYTES("pop rax", "\x58"),
		BYTES("popf", "\x9d"),
		BYTES("leave", "\xc9"),
		BYTES("gs store", "\x65\x48\x89\x43\x00"),
		BYTES("fs load", "\x64\x48\x8b\x43\x00"),
		BYTES("cs load", "\x2e\x48\x8b\x43\x00"),
		BYTES("rip load", "\x48\x8b\x05\x00\x00\x00\x00"),
		BYTES("rip lea", "\x48\x8d\x05\x00\x00\x00\x00"),
		BYTES("lea", "\x48\x8d\x43\x08"),
		BYTES("absolute load", "\x48\x8b\x04\x25\x00\x00\x00\x00"),
		BYTES("sib load", "\x48\x8b\x04\x0b"),
		BYTES("load without displacement", "\x48\x8b\x03"),
		BYTES("mov rsp", "\x48\x89\xc4"),
		BYTES("add rsp", "\x48\x83\xc4\x08"),
		BYTES("load from rsp", "\x48\x8b\x44\x24\x08"),
		BYTES("mov rbp", "\x48\x89\xc5"),
		BYTES("add rbp", "\x48\x83\xc5\x08"),
		BYTES("mov rax, r9", "\x4c\x89\xc8"),
		BYTES("mov rax, r12", "\x4c\x89\xe0"),
		BYTES("use of r14, not saved", "\x4c\x89\xf0"),
		BYTES("store of ah", "\x88\x63\x00"),
		BYTES("store of bh", "\x88\x7b\x00"),
		BYTES("rep movsb", "\xf3\xa4"),
		BYTES("xmm", "\x0f\x57\xc0"),
		BYTES("other mov encoding", "\x48\x8b\xc3"),
		BYTES("needless prefix", "\x66\x48\x89\xd8"),
		BYTES("needless REX", "\x40\x89\xd8"),
		BYTES("REX.X", "\x4a\x89\xd8"),
		BYTES("long immediate for a byte", "\x81\xe7\x01\x00\x00\x00"),
		BYTES("load beyond eBPF's offsets",
		      "\x48\x8b\x83\x00\x00\x01\x00"),
		BYTES("store above the frame", "\x48\x89\x45\x08"),
		BYTES("store at the return address", "\x48\x89\x45\x00"),
		BYTES("store below the frame", "\x48\x89\x45\xe8"),
		BYTES("store across the frame's end", "\x48\x89\x45\xfc"),
		BYTES("div outside its sequence", "\x48\xf7\xf6"),
		BYTES("division by zero",
		      "\x52\x49\xc7\xc3\x00\x00\x00\x00\x31\xd2\x49\xf7\xf3"
		      "\x48\x89\xd0\x5a"),
		BYTES("division that forgets rdx",
		      "\x50\x52\x48\x89\xf8\x31\xd2\x48\xf7\xf6"
		      "\x48\x89\xc7\x58"),
		BYTES("division without zero rdx",
		      "\x50\x52\x48\x89\xf8\x48\xf7\xf6"
		      "\x48\x89\xc7\x5a\x58"),
		BYTES("xbegin", "\xc7\xf8\x00\x00\x00\x00"),
		BYTES("endbr64", "\xf3\x0f\x1e\xfa"),
		BYTES("lock without memory", "\xf0\x48\x01\xd8"),
		BYTES("unknown prefix run", "\x66\x66\x66\x90"),
	};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct fixture *f = *state;

		fixture_release(f);
		fixture_init(f);
		fixture_insert(f, 0, marks.mov, forms[i].bytes, forms[i].len);
		print_message("  %s\n", forms[i].name);
		refused(f, "not what the JIT", "xdp-test: function 0+0x");
	}
}

static void branches_stay_in_the_body(void **state)
{
	static const struct {
		const char *name;
		s32 from_je; /* where the je goes, from its own start */
	} branches[] = {
		{ "into the middle of the movabs", 3 },
		{ "into the prologue", -0x30 },
		{ "before the function", -0x70 },
		{ "behind the function", 0x60 },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		print_message("  %s\n", branches[i].name);
		f->funcs[0].code[marks.je + 1] = (u8)(branches[i].from_je - 2);
		refused(f, "a branch to where no instruction starts",
			"xdp-test: function 0+0x");
	}
}

static void branches_do_not_enter_a_sequence(void **state)
{
	struct fixture *f = *state;

	/* je to the shl of: push rcx; mov rcx, rsi; shl rax, cl; pop rcx */
	fixture_insert(f, 0, marks.mov,
		       "\x74\x04\x51\x48\x89\xf1\x48\xd3\xe0\x59", 10);
	refused(f, "a branch to where no instruction starts", "function 0");
}

static void branches_do_not_enter_the_epilogue(void **state)
{
	struct fixture *f = *state;

	/* mov is five bytes, pop r13 two: past the first pop */
	fixture_insert(f, 0, marks.mov, "\x74\x07", 2);
	refused(f, "a branch to where no instruction starts", "function 0");
}

static void control_does_not_leave_the_end(void **state)
{
	struct fixture *f = *state;
	struct fixture_func *m = &f->funcs[1];

	memcpy(m->code + m->len, "\x48\x01\xd0", 3);
	m->len += 3;
	refused(f, "control leaves the end", "function 1");
}

static void a_function_without_return_is_refused(void **state)
{
	struct fixture *f = *state;

	f->funcs[1].len -= 6; /* leave, jmp */
	refused(f, ": no return:", "function 1");
}

static void a_second_return_is_refused(void **state)
{
	struct fixture *f = *state;
	struct fixture_func *m = &f->funcs[1];

	memcpy(m->code + m->len, m->code + m->len - 6, 6);
	m->len += 6;
	fixture_aim(f, 1, m->len - 5, FIXTURE_THUNK);
	refused(f, "leave", "function 1");
}

static void the_exit_is_a_return_thunk(void **state)
{
	struct fixture *f = *state;

	fixture_aim(f, 1, f->funcs[1].len - 5, FIXTURE_OTHER);
	refused(f, "no return thunk", "commit_creds");
}

static void an_exit_to_nowhere_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_aim(f, 1, f->funcs[1].len - 5, FIXTURE_OTHER + 16);
	refused(f, "no return thunk", "unknown place");
}

static void a_changed_prologue_is_refused(void **state)
{
	struct fixture *f = *state;
	u32 i;

	for (i = 0; i < marks.body - 3; i++) {
		fixture_release(f);
		fixture_init(f);
		f->funcs[0].code[i] ^= 0x41;
		refused(f, "not what the JIT", "function 0");
	}
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

static void a_callback_is_refused(void **state)
{
	struct fixture *f = *state;
	__le64 value = cpu_to_le64(FIXTURE_FUNC(1));

	f->funcs[0].refs[3].kind = cpu_to_le32(VOUCH_REF_FUNC);
	f->funcs[0].refs[3].index = cpu_to_le32(1);
	f->funcs[0].refs[3].value = 0;
	f->funcs[0].refs[3].tag = value;
	memcpy(f->funcs[0].code + marks.constant + 2, &value, 8);
	refused(f, "address of function 1", "callbacks");
}

/* A typeless ksym: libbpf made a plain constant of it. */
static void a_constant_of_another_origin_is_refused(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].refs[3].value = cpu_to_le64(0xffffffff82000000ull);
	refused(f, "is not the object's", "0xffffffff82000000");
}

/* What stands where libbpf writes is not the author's. */
static void relocated_immediates_explain_nothing(void **state)
{
	struct fixture *f = *state;

	f->funcs[0].refs[3].value = cpu_to_le64(FIXTURE_RELOCATED64);
	refused(f, "is not the object's", "64-bit constant");
	f->funcs[0].refs[3].value = cpu_to_le64(FIXTURE_CONST);
	fixture_insert(f, 0, marks.mov, "\xbf\x0d\xf0\xad\x0b", 5);
	refused(f, "is not the object's", "0xbadf00d");
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

	f->maps[1].data_len = 0;
	f->maps[1].max_entries = cpu_to_le32(2);
	refused(f, "no array of one entry", "test.data");
}

static void an_extern_is_refused_by_name(void **state)
{
	static const struct {
		struct fixture_extern ext;
		const char *kind;
	} externs[] = {
		{ { "bpf_prog_active", 14, ".ksyms" }, "(ksym)" },
		{ { "LINUX_KERNEL_VERSION", 14, ".kconfig" }, "(kconfig)" },
		{ { "bpf_kfunc", 12, ".ksyms" }, "(kfunc)" },
		{ { "nameless", 0, "" }, "unknown kind" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(externs) / sizeof(externs[0]); i++) {
		fixture_object(f, externs[i].ext, false);
		refused(f, externs[i].kind, externs[i].ext.name);
	}
}

static void co_re_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_object(f, (struct fixture_extern){}, true);
	refused(f, "CO-RE", "object");
}

static void another_object_is_refused(void **state)
{
	struct fixture *f = *state;

	accepted(f);
	f->keep_hash = true;
	f->object[f->object_len - 1] ^= 1;
	refused(f, "another object", "capture");
}

static void damaged_objects_do_no_harm(void **state)
{
	struct fixture *f = *state;
	struct fixture *g;
	size_t i;

	for (i = 0; i < f->object_len; i++) {
		g = malloc(sizeof(*g));
		fixture_init(g);
		g->object[i] ^= 0xff;
		fixture_check(g);
		fixture_release(g);
		free(g);
	}
	for (i = 0; i < f->object_len; i += 7) {
		g = malloc(sizeof(*g));
		fixture_init(g);
		g->object_len = i;
		assert_int_equal(fixture_check(g), -EPERM);
		fixture_release(g);
		free(g);
	}
}

static void other_programs_are_refused(void **state)
{
	struct fixture *f = *state;

	f->prog.type = cpu_to_le32(BPF_PROG_TYPE_KPROBE);
	refused(f, "program type kprobe", "xdp-test");
}

static void what_cannot_be_linked_is_refused(void **state)
{
	struct fixture *f = *state;

	f->prog.flags = 0;
	refused(f, "did not JIT", "xdp-test");
	f->prog.flags = cpu_to_le32(VOUCH_PROG_JITED | VOUCH_PROG_SLEEPABLE);
	refused(f, "sleepable", "xdp-test");
	f->prog.flags = cpu_to_le32(VOUCH_PROG_JITED | VOUCH_PROG_CALLS_TAIL);
	refused(f, "tail calls", "xdp-test");
	f->prog.flags = cpu_to_le32(VOUCH_PROG_JITED);
	f->prog.n_poke = cpu_to_le32(1);
	refused(f, "tail calls", "xdp-test");
	f->prog.n_poke = 0;
	f->prog.n_extable = cpu_to_le32(1);
	refused(f, "exception table", "xdp-test");
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

	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_RINGBUF);
	refused(f, "type ringbuf", "counters");
	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_PERCPU_HASH);
	refused(f, "percpu_hash", "does not offer");
	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_HASH);
	f->maps[0].map_flags = cpu_to_le32(BPF_F_INNER_MAP);
	refused(f, "flags 0x1000", "counters");
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

static void profiles_must_say_what_decides(void **state)
{
	static const char *const lost[][2] = {
		{ "\"module.size\": 832,", "" },
		{ "\"CONFIG_RETHUNK\": 1,", "" },
		{ "\"schema_version\": 1", "\"schema_version\": 2" },
		{ "\"target_abi\": 1", "\"target_abi\": 2" },
		{ "x86_64", "arm64" },
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
		assert_int_equal(vouch_profile_parse(f->profile,
						     strlen(f->profile), &p,
						     why, sizeof(why)),
				 -EINVAL);
		print_message("  %s\n", why);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(the_fixture_is_accepted),
		T(forms_of_the_jit_are_accepted),
		T(other_instructions_are_refused),
		T(branches_stay_in_the_body),
		T(branches_do_not_enter_a_sequence),
		T(branches_do_not_enter_the_epilogue),
		T(control_does_not_leave_the_end),
		T(a_function_without_return_is_refused),
		T(a_second_return_is_refused),
		T(the_exit_is_a_return_thunk),
		T(an_exit_to_nowhere_is_refused),
		T(a_changed_prologue_is_refused),
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
		T(a_kernel_function_is_refused_by_name),
		T(a_helper_that_is_not_offered_is_refused),
		T(a_btf_id_is_refused),
		T(an_unknown_constant_is_refused),
		T(a_callback_is_refused),
		T(a_constant_of_another_origin_is_refused),
		T(relocated_immediates_explain_nothing),
		T(small_constants_of_another_origin_are_refused),
		T(numbers_of_inlined_lookups_are_explained),
		T(a_value_needs_an_array_of_one),
		T(an_extern_is_refused_by_name),
		T(co_re_is_refused),
		T(another_object_is_refused),
		T(damaged_objects_do_no_harm),
		T(other_programs_are_refused),
		T(what_cannot_be_linked_is_refused),
		T(another_stack_is_refused),
		T(other_maps_are_refused),
		T(another_layout_is_refused_by_field),
		T(map_layout_must_be_stated),
		T(other_targets_are_refused),
		T(other_verifier_features_are_refused),
		T(profiles_must_say_what_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
