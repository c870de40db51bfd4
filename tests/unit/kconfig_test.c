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

#include "btf_text.h"
#include "object_kconfig.h"
#include "object_maps.h"
#include "profile_fixture.h"

static const char PROFILE[] =
	"{ \"schema_version\": 1, \"arch\": \"x86_64\", \"target_abi\": 1,"
	"  \"release\": \"6.1.300-test\","
	"  \"vermagic\": \"6.1.300-test SMP mod_unload \","
	"  \"facts\": { \"module.size\": 832, \"module.name.offset\": 24 },"
	"  \"kconfig\": { \"CONFIG_CFI_CLANG\": 0, \"CONFIG_MODVERSIONS\": 0,"
	"    \"CONFIG_PREEMPT_RT\": 0, \"CONFIG_RETHUNK\": 1,"
	"    \"CONFIG_RETPOLINE\": 1, \"CONFIG_X86_KERNEL_IBT\": 0 },"
	"  \"helpers\": [], \"map_types\": [], \"prog_types\": [],"
	"  \"hooks\": [] }";

static const char SETTINGS[] = "CONFIG_HZ=250\n"
			       "CONFIG_LARGE=0xffffffffffff\n"
			       "CONFIG_MODULE=m\n"
			       "CONFIG_NAME=\"abc\"\n"
			       "CONFIG_YES=y\n";

/* Types by their ids. */
enum { INT = 1, BOOL, CHAR, LONG, TRISTATE, TEXT };

struct world {
	struct btf_text text;
	u8 bytes[2048];
	struct vouch_types types;
	struct vouch_profile *profile;
	struct vouch_object object;
	struct vouch_refusal why;
};

static void add_int(struct btf_text *b, const char *name, u32 size,
		    u32 encoding)
{
	const u32 extra = encoding << 24 | size * 8;

	btf_add(b, name, BTF_KIND_INT << 24, size, &extra, sizeof(extra));
}

static int start(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct btf_text *b = &w->text;
	struct btf_enum tri[] = { { 0, 0 }, { 0, 1 }, { 0, 2 } };
	const struct btf_array text = { CHAR, INT, 8 };

	b->strings_len = 1;
	add_int(b, "int", 4, BTF_INT_SIGNED);
	add_int(b, "_Bool", 1, BTF_INT_BOOL);
	add_int(b, "char", 1, 0);
	add_int(b, "long", 8, 0);
	btf_add(b, "libbpf_tristate", BTF_KIND_ENUM << 24 | 3, 4, tri,
		sizeof(tri));
	btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &text, sizeof(text));
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

static void make_profile(struct world *w)
{
	const struct vouch_oracle_head none = {
		.magic = VOUCH_ORACLE_MAGIC,
		.version = cpu_to_le32(VOUCH_ORACLE_VERSION),
	};
	const struct profile_parts parts = {
		.data = { [VOUCH_PROFILE_JSON] = PROFILE,
			  [VOUCH_PROFILE_KCONFIG] = SETTINGS,
			  [VOUCH_PROFILE_ORACLE] = &none },
		.len = { [VOUCH_PROFILE_JSON] = strlen(PROFILE),
			 [VOUCH_PROFILE_KCONFIG] = strlen(SETTINGS),
			 [VOUCH_PROFILE_ORACLE] = sizeof(none) },
	};
	char why[256] = "";
	size_t len;
	u8 *file = profile_pack(&parts, &len);

	if (vouch_profile_parse(file, len, &w->profile, why, sizeof(why)))
		fail_msg("%s", why);
	free(file);
}

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
	make_profile(w);
	return vouch_object_kconfig(&w->object, &w->types, w->profile, &w->why);
}

static void values_are_the_targets(void **state)
{
	static const struct ext exts[] = {
		{ "CONFIG_YES", BOOL, 1 },
		{ "CONFIG_NAME", TEXT, 8 },
		{ "CONFIG_HZ", INT, 4 },
		{ "CONFIG_LARGE", LONG, 8 },
		{ "CONFIG_MODULE", TRISTATE, 4 },
		{ "CONFIG_NONE", CHAR, 1 },
		{ "CONFIG_NOTHING", INT, 4 },
		{ "LINUX_KERNEL_VERSION", INT, 4 },
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
		{ "CONFIG_LARGE", INT, 4 },   { "CONFIG_MODULE", BOOL, 1 },
		{ "CONFIG_NAME", INT, 4 },    { "CONFIG_YES", INT, 4 },
		{ "CONFIG_HZ", TEXT, 8 },     { "CONFIG_HZ", BOOL, 1 },
		{ "LINUX_HAS_THIS", INT, 4 },
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
