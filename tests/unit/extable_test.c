// SPDX-License-Identifier: BSD-2-Clause
/* Loads that may fault: their checks of addresses and their table. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "../../host-bridge/x86/insn.h"
#include "check_fixture.h"
#include "loads_fixture.h"

static u8 *start_over(struct fixture *f)
{
	fixture_release(f);
	fixture_init(f);
	fixture_load(f, marks.mov);
	return f->funcs[0].code + marks.mov;
}

static void loads_that_may_fault_are_accepted(void **state)
{
	struct fixture *f = *state;
	u32 second = marks.mov + sizeof(probe);

	start_over(f);
	accepted(f);
	fixture_far_load(f, second);
	accepted(f);
	assert_int_equal(f->chk.progs[0].funcs[0].n_loads, 2);
	assert_int_equal(f->chk.progs[0].funcs[0].loads[0].reg, VOUCH_X86_RSI);
	assert_int_equal(f->chk.progs[0].funcs[0].loads[1].reg, VOUCH_X86_R13);
	assert_int_equal(f->chk.progs[0].funcs[0].loads[1].off,
			 second + FAR_GUARD);
}

static void every_load_needs_its_entry(void **state)
{
	struct fixture *f = *state;

	start_over(f);
	f->funcs[0].n_extable = 0;
	refused(f, "has no entry in the exception table", "function 0");
}

static void an_entry_needs_its_load(void **state)
{
	struct fixture *f = *state;

	/* The first load of the fixture is of the context. */
	start_over(f);
	f->funcs[0].extable[0].insn_off = cpu_to_le32(marks.body + 3);
	refused(f, "instead of this load", "function 0");
	start_over(f);
	add_entry(f, marks.epilogue + sizeof(probe), 2, PT_REGS_SI);
	refused(f, "for what is no load that may fault", "function 0");
}

static void an_entry_is_its_loads(void **state)
{
	struct fixture *f = *state;

	start_over(f);
	f->funcs[0].extable[0].insn_off = cpu_to_le32(marks.mov + GUARD + 1);
	refused(f, "instead of this load", "function 0");
	start_over(f);
	f->funcs[0].extable[0].insn_len = cpu_to_le32(LOAD - 1);
	refused(f, "instead of this load", "function 0");
	start_over(f);
	f->funcs[0].extable[0].reg = cpu_to_le32(PT_REGS_SI + 8);
	refused(f, "names another register", "function 0");
	f->funcs[0].extable[0].reg = cpu_to_le32(152); /* the stack pointer's */
	refused(f, "names another register", "function 0");
}

static void the_limit_is_the_end_of_user_space(void **state)
{
	struct fixture *f = *state;
	u8 *code;

	code = start_over(f);
	code[2]--;
	refused(f, "loads from 0x7fffffffffff on", "function 0");
	code = start_over(f);
	code[7] = 0;
	refused(f, "loads from 0x0 on", "function 0");
	start_over(f);
	f->env.features |= cpu_to_le32(VOUCH_FEATURE_LA57);
	refused(f, "user space ends at 0x100000000000000", "function 0");
	code = start_over(f);
	f->env.features |= cpu_to_le32(VOUCH_FEATURE_LA57);
	code[7] = 0;
	code[9] = 1;
	accepted(f);
	f->env.features = cpu_to_le32(VOUCH_FEATURE_RETHUNK);
	refused(f, "user space ends at 0x800000000000", "function 0");
}

/* Each byte of the check of an address, and of the load behind it. */
static void a_changed_check_is_refused(void **state)
{
	struct fixture *f = *state;
	u32 i;

	for (i = 0; i < sizeof(probe); i++) {
		u8 *code = start_over(f);

		code[i] ^= 0x41;
		if (!fixture_check(f))
			fail_msg("byte %u of the check may change", i);
	}
}

static void a_check_alone_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_insert(f, 0, marks.mov, probe, GUARD);
	refused(f, "probe: not what the JIT", "function 0");
}

static void branches_do_not_enter_a_check(void **state)
{
	struct fixture *f = *state;

	start_over(f);
	/* je to the load, past its check */
	fixture_insert(f, 0, marks.mov, "\x74\x1f", 2);
	f->funcs[0].extable[0].insn_off = cpu_to_le32(marks.mov + 2 + GUARD);
	refused(f, "a branch to where no instruction starts", "function 0");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(loads_that_may_fault_are_accepted),
		T(every_load_needs_its_entry),
		T(an_entry_needs_its_load),
		T(an_entry_is_its_loads),
		T(the_limit_is_the_end_of_user_space),
		T(a_changed_check_is_refused),
		T(a_check_alone_is_refused),
		T(branches_do_not_enter_a_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
