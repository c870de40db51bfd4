// SPDX-License-Identifier: BSD-2-Clause
/* A capture against the kernel's own symbols, and against the HELLO. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "../../host-bridge/check_kernel.h"
#include "check_fixture.h"

#define STEP (2ull << 20)
#define HELLO_OK                                                               \
	"{\"release\":\"6.1.0-test-amd64\",\"cpu_model\":"                     \
	"\"AMD EPYC Processor\",\"nr_cpus\":1,\"features\":[\"rethunk\"],"     \
	"\"build_id\":\"b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1\",\"more\":0" \
	"}"
#define BUILD_ID "build-id b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1\n"

/* Where the kernel has the two that the fixture uses. */
struct places {
	u64 lookup, thunk;
};

static const struct places honest = { FIXTURE_LOOKUP, FIXTURE_THUNK };

static struct vouch_symbols *parse(const char *text)
{
	struct vouch_symbols *s = NULL;
	const char *why = NULL;

	if (vouch_symbols_parse(text, strlen(text), &s, &why))
		fail_msg("%s", why);
	return s;
}

static struct vouch_symbols *symbols_at(const struct places *p)
{
	char text[512];

	snprintf(text, sizeof(text),
		 BUILD_ID "%016llx srso_return_thunk\n"
			  "%016llx __htab_map_lookup_elem\n"
			  "%016llx commit_creds\n",
		 (unsigned long long)p->thunk, (unsigned long long)p->lookup,
		 (unsigned long long)p->lookup + 64);
	return parse(text);
}

/* Checks the fixture's capture against symbols, which are released. */
static int names(struct fixture *f, struct vouch_symbols *s)
{
	int ret;

	accepted(f);
	ret = vouch_check_names(&f->view, &f->chk, s, &f->why);
	vouch_symbols_free(s);
	return ret;
}

static void refused_for(struct fixture *f, int ret, const char *text)
{
	char line[512];

	vouch_refusal_format(&f->why, line, sizeof(line));
	if (ret != -EPERM || !strstr(line, text))
		fail_msg("%d: '%s' lacks '%s'", ret, line, text);
}

static void true_names_are_accepted(void **state)
{
	assert_int_equal(names(*state, symbols_at(&honest)), 0);
}

static void a_kernel_may_slide(void **state)
{
	const struct places p = { FIXTURE_LOOKUP - 3 * STEP,
				  FIXTURE_THUNK - 3 * STEP };

	assert_int_equal(names(*state, symbols_at(&p)), 0);
}

static void other_places_are_refused(void **state)
{
	const struct places places[] = {
		{ FIXTURE_LOOKUP + 16, FIXTURE_THUNK },
		{ FIXTURE_LOOKUP, FIXTURE_THUNK - 16 },
		/* by other distances */
		{ FIXTURE_LOOKUP - STEP, FIXTURE_THUNK },
		/* by one that no kernel slides by */
		{ FIXTURE_LOOKUP - 4096, FIXTURE_THUNK - 4096 },
		{ FIXTURE_LOOKUP + STEP, FIXTURE_THUNK + STEP },
		{ FIXTURE_LOOKUP - (1ull << 30), FIXTURE_THUNK - (1ull << 30) },
	};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		refused_for(*state, names(*state, symbols_at(&places[i])),
			    "symbol table has that elsewhere");
}

static void a_name_of_another_function_is_refused(void **state)
{
	struct fixture *f = *state;

	strcpy(f->syms[1].name, "__x86_return_thunk");
	refused_for(f, names(f, symbols_at(&honest)),
		    "__x86_return_thunk, but the verifier kernel's symbol");
}

static void one_of_several_places_will_do(void **state)
{
	char text[512];

	snprintf(text, sizeof(text),
		 BUILD_ID "%016llx __htab_map_lookup_elem\n"
			  "%016llx __htab_map_lookup_elem\n"
			  "%016llx srso_return_thunk\n",
		 FIXTURE_LOOKUP - 0x100ull, (unsigned long long)FIXTURE_LOOKUP,
		 (unsigned long long)FIXTURE_THUNK);
	assert_int_equal(names(*state, parse(text)), 0);
}

static void another_build_is_refused(void **state)
{
	struct fixture *f = *state;

	f->env.build_id[7] ^= 1;
	refused_for(f, names(f, symbols_at(&honest)), "build id");
}

static void symbols_must_be_such(void **state)
{
	static const char *const bad[][2] = {
		{ "", "empty" },
		{ "\n", "first line" },
		{ "build-id 12\n", "first line" },
		{ BUILD_ID, "no symbols" },
		{ BUILD_ID "ffffffff81000000 a", "cut off" },
		{ BUILD_ID "ffffffff81000000\n", "not an address" },
		{ BUILD_ID "ffffffff81000000 \n", "not an address" },
		{ BUILD_ID "fffffffF81000000 a\n", "not an address" },
		{ BUILD_ID "ffffffff8100000 ab\n", "not an address" },
		{ BUILD_ID "ffffffff810000000 a\n", "not an address" },
		{ BUILD_ID "ffffffff81000000 a b\n", "printable" },
		{ BUILD_ID "ffffffff81000000 \001a\n", "printable" },
	};
	static const char hides[] = BUILD_ID "ffffffff81000000 a\0"
					     "ffffffff81000010 b\n";
	struct vouch_symbols *s = NULL;
	const char *why = NULL;
	size_t i;

	(void)state;
	assert_int_equal(
		vouch_symbols_parse(hides, sizeof(hides) - 1, &s, &why),
		-EINVAL);
	assert_string_equal(why, "it is not text");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(vouch_symbols_parse(bad[i][0],
						     strlen(bad[i][0]), &s,
						     &why),
				 -EINVAL);
		if (!strstr(why, bad[i][1]))
			fail_msg("%zu: '%s' lacks '%s'", i, why, bad[i][1]);
	}
	assert_int_equal(
		vouch_symbols_parse("x", VOUCH_SYMBOLS_MAX + 1ul, &s, &why),
		-EINVAL);
}

static void all_symbols_are_found(void **state)
{
	char text[8192] = BUILD_ID;
	struct vouch_symbols *s;
	const u64 *at;
	int i;

	(void)state;
	for (i = 0; i < 99; i++)
		sprintf(text + strlen(text), "%016x f%d\n", 1000 - i, i % 50);
	s = parse(text);
	assert_int_equal(vouch_symbols_build_id(s)[19], 0xb1);
	for (i = 0; i < 49; i++) {
		sprintf(text, "f%d", i);
		assert_int_equal(vouch_symbols_find(s, text, &at), 2);
		assert_int_equal(at[0], 1000 - 50 - i);
		assert_int_equal(at[1], 1000 - i);
	}
	assert_int_equal(vouch_symbols_find(s, "f49", &at), 1);
	assert_int_equal(vouch_symbols_find(s, "f", &at), 0);
	assert_int_equal(vouch_symbols_find(s, "g", &at), 0);
	vouch_symbols_free(s);
}

static int hello(struct fixture *f, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	int ret;

	accepted(f);
	ret = vouch_check_hello(&f->view, json, &f->why);
	json_decref(json);
	return ret;
}

static void the_kernel_of_the_hello_is_accepted(void **state)
{
	assert_int_equal(hello(*state, HELLO_OK), 0);
}

static void another_kernel_than_that_of_the_hello_is_refused(void **state)
{
	static const char *const changes[][3] = {
		{ "6.1.0-test", "6.1.1-test", "release" },
		{ "EPYC", "Duro", "cpu_model" },
		{ "\"nr_cpus\":1", "\"nr_cpus\":2", "nr_cpus" },
		{ "\"nr_cpus\":1", "\"nr_cpus\":0", "nr_cpus" },
		{ "[\"rethunk\"]", "[]", "features" },
		{ "[\"rethunk\"]", "[\"rethunk\",\"ibt\"]", "features" },
		{ ":\"b1", ":\"b2", "build_id" },
		{ "build_id", "build-id", "build_id" },
		{ "release", "relase", "release" },
	};
	static const char ok[] = HELLO_OK;
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *at = strstr(ok, changes[i][0]);
		char text[512];

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - ok), ok,
			 changes[i][1], at + strlen(changes[i][0]));
		refused_for(*state, hello(*state, text), changes[i][2]);
	}
	refused_for(*state, hello(*state, "{}"), "release");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(true_names_are_accepted),
		T(a_kernel_may_slide),
		T(other_places_are_refused),
		T(a_name_of_another_function_is_refused),
		T(one_of_several_places_will_do),
		T(another_build_is_refused),
		T(symbols_must_be_such),
		T(all_symbols_are_found),
		T(the_kernel_of_the_hello_is_accepted),
		T(another_kernel_than_that_of_the_hello_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
