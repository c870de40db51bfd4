// SPDX-License-Identifier: BSD-2-Clause
/* Externs of section .kconfig: the map that the bridge expects of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/btf.h>

#include "kconfig_fixture.h"
#include "object_kconfig.h"
#include "object_maps.h"

#define MAX_EXTERNS 256

struct world {
	struct btf_text text;
	u8 bytes[BTF_TEXT_MAX];
	struct vouch_types types;
	struct vouch_profile *profile;
	struct vouch_object object;
	struct vouch_refusal why;
};

/* Those that follow. */
enum { SHORT_TEXT = KCONFIG_TEXT + 1, LONG_TEXT, PAIR, NO_TEXT };

static void odd_types(struct btf_text *b)
{
	const struct btf_array shorter = { KCONFIG_CHAR, KCONFIG_INT, 3 },
			       longer = { KCONFIG_CHAR, KCONFIG_INT,
					  VOUCH_OBJECT_MAX_SETTING + 1 },
			       none = { KCONFIG_CHAR, KCONFIG_INT, 0 };
	const struct btf_member members[] = { { 0, KCONFIG_INT, 0 },
					      { 0, KCONFIG_INT, 32 } };

	btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &shorter, sizeof(shorter));
	btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &longer, sizeof(longer));
	btf_add(b, "pair", BTF_KIND_STRUCT << 24 | 2, 8, members,
		sizeof(members));
	btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &none, sizeof(none));
}

static int start(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->text.strings_len = 1;
	kconfig_types(&w->text);
	odd_types(&w->text);
	*state = w;
	return 0;
}

static int stop(void **state)
{
	struct world *w = *state;

	vouch_object_release(&w->object);
	vouch_types_close(&w->types);
	vouch_profile_free(w->profile);
	free(w);
	return 0;
}

struct ext {
	const char *name;
	u32 type, size;
};

static u32 add_extern(struct world *w, const struct ext *ext)
{
	const u32 linkage = BTF_VAR_GLOBAL_EXTERN;

	return btf_add(&w->text, ext->name, BTF_KIND_VAR << 24, ext->type,
		       &linkage, sizeof(linkage));
}

static int read_section(struct world *w, const struct btf_var_secinfo *vars,
			u32 n)
{
	btf_add(&w->text, ".kconfig", BTF_KIND_DATASEC << 24 | n, 0, vars,
		n * sizeof(*vars));
	btf_open(&w->text, w->bytes, &w->types);
	w->profile =
		kconfig_profile(KCONFIG_SETTINGS, strlen(KCONFIG_SETTINGS));
	assert_non_null(w->profile);
	return vouch_object_kconfig(&w->object, &w->types, w->profile, &w->why);
}

static int make_map(struct world *w, const struct ext *ext, u32 n)
{
	struct btf_var_secinfo vars[9];
	u32 i;

	for (i = 0; i < n; i++)
		vars[i] = (struct btf_var_secinfo){ add_extern(w, &ext[i]), 0,
						    ext[i].size };
	return read_section(w, vars, n);
}

static void values_are_the_targets(void **state)
{
	static const struct ext exts[] = {
		{ "CONFIG_YES", KCONFIG_BOOL, 1 },
		{ "CONFIG_NAME", KCONFIG_TEXT, 8 },
		{ "CONFIG_HZ", KCONFIG_INT, 4 },
		{ "CONFIG_LARGE", KCONFIG_LONG, 8 },
		{ "CONFIG_MODULE", KCONFIG_TRISTATE, 4 },
		{ "CONFIG_NONE", KCONFIG_CHAR, 1 },
		{ "CONFIG_NOTHING", KCONFIG_INT, 4 },
		{ "LINUX_KERNEL_VERSION", KCONFIG_INT, 4 },
		{ "LINUX_HAS_SYSCALL_WRAPPER", KCONFIG_BOOL, 1 },
	};
	static const u8 expected[] =
		"\xff\xff\xff\xff\xff\xff\0\0" /* CONFIG_LARGE */
		"\xfa\0\0\0" /* CONFIG_HZ */
		"\2\0\0\0" /* CONFIG_MODULE */
		"\0\0\0\0" /* CONFIG_NOTHING */
		"\xff\1\6\0" /* LINUX_KERNEL_VERSION */
		"n" /* CONFIG_NONE */
		"\1" /* CONFIG_YES */
		"\1" /* LINUX_HAS_SYSCALL_WRAPPER */
		"abc\0\0\0\0"; /* CONFIG_NAME */
	struct world *w = *state;
	const struct vouch_object_map *map;

	assert_int_equal(make_map(w, exts, 9), 0);
	assert_int_equal(w->object.n_maps, 1);
	map = &w->object.maps[0];
	assert_string_equal(map->name, ".kconfig");
	assert_int_equal(map->value_size, sizeof(expected));
	assert_memory_equal(map->data, expected, sizeof(expected));
}

static void what_does_not_fit_is_refused(void **state)
{
	static const struct ext rows[] = {
		{ "CONFIG_LARGE", KCONFIG_INT, 4 },
		{ "CONFIG_MODULE", KCONFIG_BOOL, 1 },
		{ "CONFIG_NAME", KCONFIG_INT, 4 },
		{ "CONFIG_YES", KCONFIG_INT, 4 },
		{ "CONFIG_HZ", KCONFIG_TEXT, 8 },
		{ "CONFIG_HZ", KCONFIG_BOOL, 1 },
		{ "LINUX_HAS_THIS", KCONFIG_INT, 4 },
		{ "CONFIG_LARGE", KCONFIG_CHAR, 1 },
		{ "CONFIG_NAME", SHORT_TEXT, 3 },
		{ "CONFIG_NOTHING", PAIR, 8 },
		{ "CONFIG_NOTHING", NO_TEXT, 0 },
		{ "CONFIG_NAME", LONG_TEXT, VOUCH_OBJECT_MAX_SETTING + 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *w;

		stop(state);
		start(state);
		w = *state;
		if (make_map(w, &rows[i], 1) != -EPERM ||
		    !strstr(w->why.text, rows[i].name))
			fail_msg("%s is not refused", rows[i].name);
	}
}

static void what_is_no_extern_is_refused(void **state)
{
	const struct btf_var_secinfo number = { KCONFIG_INT, 0, 4 };
	struct world *w = *state;

	assert_int_equal(read_section(w, &number, 1), -EPERM);
	assert_non_null(strstr(w->why.text, "has no name"));
}

static void too_many_are_refused(void **state)
{
	struct btf_var_secinfo vars[MAX_EXTERNS + 1];
	const struct ext ext = { "CONFIG_HZ", KCONFIG_INT, 4 };
	struct world *w = *state;
	u32 i, id = add_extern(w, &ext);

	for (i = 0; i <= MAX_EXTERNS; i++)
		vars[i] = (struct btf_var_secinfo){ id, 0, 4 };
	assert_int_equal(read_section(w, vars, MAX_EXTERNS + 1), -EPERM);
	assert_non_null(strstr(w->why.text, "split it"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(values_are_the_targets),
		T(what_does_not_fit_is_refused),
		T(what_is_no_extern_is_refused),
		T(too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
