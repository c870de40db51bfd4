// SPDX-License-Identifier: BSD-2-Clause
/* The types of programs by the section that they are in. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "section.h"

static void types_are_libbpfs(void **state)
{
	static const struct {
		const char *name;
		u32 type;
	} rows[] = {
		{ "xdp", BPF_PROG_TYPE_XDP },
		{ "tc", BPF_PROG_TYPE_SCHED_CLS },
		{ "kprobe/do_exit", BPF_PROG_TYPE_KPROBE },
		{ "kretprobe/do_exit", BPF_PROG_TYPE_KPROBE },
		{ "tp/sched/sched_switch", BPF_PROG_TYPE_TRACEPOINT },
		{ "raw_tp/sched_switch", BPF_PROG_TYPE_RAW_TRACEPOINT },
		{ "tp_btf/sched_switch", BPF_PROG_TYPE_TRACING },
		{ "socket", BPF_PROG_TYPE_SOCKET_FILTER },
		{ "perf_event", BPF_PROG_TYPE_PERF_EVENT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (vouch_section_type(rows[i].name) != rows[i].type)
			fail_msg("%s", rows[i].name);
}

/* Such a program is not loaded unless asked for; its type is the same. */
static void marked_ones_have_the_same(void **state)
{
	(void)state;
	assert_int_equal(vouch_section_type("?xdp"), BPF_PROG_TYPE_XDP);
	assert_int_equal(vouch_section_type("??xdp"), 0);
}

static void other_sections_have_none(void **state)
{
	(void)state;
	assert_int_equal(vouch_section_type(""), 0);
	assert_int_equal(vouch_section_type("?"), 0);
	assert_int_equal(vouch_section_type(".text"), 0);
	assert_int_equal(vouch_section_type("mine"), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_libbpfs),
		cmocka_unit_test(marked_ones_have_the_same),
		cmocka_unit_test(other_sections_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
