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

struct world {
	struct btf_text text;
	u8 bytes[2048];
	struct vouch_types types;
	struct vouch_profile *profile;
	struct vouch_object object;
	struct vouch_refusal why;
};

static int start(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->text.strings_len = 1;
	kconfig_types(&w->text);
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

static int make_map(struct world *w, const struct ext *ext, u32 n)
{
	struct btf_var_secinfo vars[8];
	const u32 linkage = BTF_VAR_GLOBAL_EXTERN;
	u32 i;

	for (i = 0; i < n; i++) {
		u32 id = btf_add(&w->text, ext[i].name, BTF_KIND_VAR << 24,
				 ext[i].type, &linkage, sizeof(linkage));

		vars[i] = (struct btf_var_secinfo){ id, 0, ext[i].size };
	}
	btf_add(&w->text, ".kconfig", BTF_KIND_DATASEC << 24 | n, 0, vars,
		n * sizeof(*vars));
	btf_open(&w->text, w->bytes, &w->types);
	w->profile =
		kconfig_profile(KCONFIG_SETTINGS, strlen(KCONFIG_SETTINGS));
	assert_non_null(w->profile);
	return vouch_object_kconfig(&w->object, &w->types, w->profile, &w->why);
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
	};
	static const u8 expected[] =
		"\xff\xff\xff\xff\xff\xff\0\0" /* CONFIG_LARGE */
		"\xfa\0\0\0" /* CONFIG_HZ */
		"\2\0\0\0" /* CONFIG_MODULE */
		"\0\0\0\0" /* CONFIG_NOTHING */
		"\xff\1\6\0" /* LINUX_KERNEL_VERSION */
		"n" /* CONFIG_NONE */
		"\1" /* CONFIG_YES */
		"abc\0\0\0\0"; /* CONFIG_NAME */
	struct world *w = *state;
	const struct vouch_object_map *map;

	assert_int_equal(make_map(w, exts, 8), 0);
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

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(values_are_the_targets),
		T(what_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
