// SPDX-License-Identifier: BSD-2-Clause
/* The shape of code: what the JIT emits is accepted, and nothing else. */

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
static const struct bytes others[] = {
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
	BYTES("load beyond eBPF's offsets", "\x48\x8b\x83\x00\x00\x01\x00"),
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
	BYTES("division without zero rdx", "\x50\x52\x48\x89\xf8\x48\xf7\xf6"
					   "\x48\x89\xc7\x5a\x58"),
	BYTES("xbegin", "\xc7\xf8\x00\x00\x00\x00"),
	BYTES("endbr64", "\xf3\x0f\x1e\xfa"),
	BYTES("lock without memory", "\xf0\x48\x01\xd8"),
	BYTES("unknown prefix run", "\x66\x66\x66\x90"),
	BYTES("imul of two registers", "\x48\x6b\xc3\x0c"),
	BYTES("long form for rax", "\x48\x81\xc0\x78\x56\x34\x12"),
	BYTES("wide mov of a positive number", "\x48\xc7\xc7\x78\x56\x34\x12"),
	BYTES("byte load into 32 bits", "\x0f\xb6\x43\x0c"),
};

static void other_instructions_are_refused(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct fixture *f = *state;

		fixture_release(f);
		fixture_init(f);
		fixture_insert(f, 0, marks.mov, others[i].bytes, others[i].len);
		print_message("  %s\n", others[i].name);
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

	u32 i;

	for (i = 0; i < 2; i++) {
		memcpy(m->code + m->len, "\x48\x01\xd0", 3);
		m->len += 3;
		refused(f, "control leaves the end", "function 1");
	}
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

static void a_cut_prologue_is_refused(void **state)
{
	struct fixture *f = *state;
	struct fixture_func *m = &f->funcs[1];

	m->len = 11;
	emit(m, "\x48\x81\xec\x10\x00", 5);
	refused(f, "the prologue is cut off", "function 1");
}

static void a_changed_epilogue_is_refused(void **state)
{
	struct fixture *f = *state;

	/* Popped in another order */
	memcpy(f->funcs[0].code + marks.epilogue, "\x5b\x41\x5d", 3);
	refused(f, "pop: not what the JIT", "function 0");
	/* No leave, but a nop that is as long */
	fixture_release(f);
	fixture_init(f);
	memcpy(f->funcs[1].code + 11, "\xb8\x02\x00\x00\x00\x66\x90", 7);
	f->funcs[1].len = 18;
	emit_branch(f, 1, 0xe9, FIXTURE_THUNK);
	refused(f, ": not what the JIT", "function 1");
	/* Popped, but not left */
	fixture_release(f);
	fixture_init(f);
	memcpy(f->funcs[0].code + marks.epilogue, "\x41\x5d\x5b", 3);
	f->funcs[0].len = marks.epilogue + 3;
	emit_branch(f, 0, 0xe9, FIXTURE_THUNK);
	refused(f, "pop: not what the JIT", "function 0");
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
		T(a_cut_prologue_is_refused),
		T(a_changed_epilogue_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
