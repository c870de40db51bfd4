// SPDX-License-Identifier: BSD-2-Clause
/*
 * Constants of CO-RE relocations: an object's types, a target's, and what the
 * bridge works out of both.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/btf.h>

#include "core_fixture.h"
#include "object_core.h"

struct world {
	struct btf_text own_text, target_text;
	u8 own_bytes[BTF_TEXT_MAX], target_bytes[BTF_TEXT_MAX];
	struct vouch_types own, target;
	struct vouch_object object;
	struct vouch_refusal why;
};

static int start(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	core_types(&w->own_text, false);
	core_types(&w->target_text, true);
	*state = w;
	return w ? 0 : -1;
}

static int stop(void **state)
{
	struct world *w = *state;

	vouch_types_close(&w->own);
	vouch_types_close(&w->target);
	vouch_object_release(&w->object);
	free(w);
	return 0;
}

/* By how much more than there is a section with relocations states. */
struct lie {
	u32 longer, size, n;
};

/* A section with one relocation. */
static int relocate(struct world *w, u32 kind, u32 type, const char *way,
		    bool with_target, struct lie lie)
{
	struct {
		u16 magic;
		u8 version, flags;
		u32 hdr_len, infos[4], core_off, core_len;
		u32 size, section, n;
		struct bpf_core_relo relo;
		u32 beyond[2]; /* reads as a section without relocations */
	} ext = {
		.magic = BTF_MAGIC,
		.version = 1,
		.hdr_len = 32,
		.core_len = 12 + sizeof(struct bpf_core_relo) + lie.longer,
		.size = sizeof(struct bpf_core_relo) + lie.size,
		.n = 1 + lie.n,
		.relo = { .type_id = type, .kind = kind },
	};

	ext.relo.access_str_off = btf_string(&w->own_text, way);
	vouch_types_close(&w->own);
	vouch_types_close(&w->target);
	vouch_object_release(&w->object);
	btf_open(&w->own_text, w->own_bytes, &w->own);
	btf_open(&w->target_text, w->target_bytes, &w->target);
	return vouch_object_core(&w->object, &w->own, (u8 *)&ext,
				 offsetof(typeof(ext), beyond),
				 with_target ? &w->target : NULL, &w->why);
}

static const struct lie truth;

static void constants_are_the_targets(void **state)
{
	static const struct {
		const char *what;
		u32 kind, type;
		const char *way;
		u32 value;
	} rows[] = {
		{ "offset", BPF_CORE_FIELD_BYTE_OFFSET, TASK, "0:0", 100 },
		{ "element", BPF_CORE_FIELD_BYTE_OFFSET, TASK, "0:1:3", 116 },
		{ "second", BPF_CORE_FIELD_BYTE_OFFSET, TASK, "1:0", 600 },
		{ "anonymous", BPF_CORE_FIELD_BYTE_OFFSET, TASK, "0:2:0", 120 },
		{ "bits", BPF_CORE_FIELD_BYTE_OFFSET, TASK, "0:3", 124 },
		{ "typedef", BPF_CORE_FIELD_BYTE_OFFSET, TYPEDEF, "0:0", 100 },
		{ "size", BPF_CORE_FIELD_BYTE_SIZE, TASK, "0:1", 16 },
		{ "whole", BPF_CORE_TYPE_SIZE, TASK, "0", 500 },
		{ "enum", BPF_CORE_ENUMVAL_VALUE, ENUM, "0", 700 },
		{ "id", BPF_CORE_TYPE_ID_LOCAL, ONLY_HERE, "0", ONLY_HERE },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(relocate(w, rows[i].kind, rows[i].type,
					  rows[i].way, true, truth),
				 0);
		if (w->object.n_imm32 != 1 ||
		    w->object.imm32[0] != rows[i].value)
			fail_msg("%s: %zu constants, the first %u, not %u",
				 rows[i].what, w->object.n_imm32,
				 w->object.n_imm32 ? w->object.imm32[0] : 0,
				 rows[i].value);
		assert_int_equal(w->object.n_imm64, 1);
		assert_int_equal(w->object.imm64[0], rows[i].value);
	}
}

static void what_the_target_has_not_explains_nothing(void **state)
{
	static const u32 kinds[] = { BPF_CORE_FIELD_BYTE_OFFSET,
				     BPF_CORE_FIELD_EXISTS, BPF_CORE_TYPE_SIZE,
				     BPF_CORE_TYPE_ID_TARGET };
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(
			relocate(w, kinds[i], ONLY_HERE, "0:0", true, truth),
			0);
		assert_int_equal(w->object.n_imm32 + w->object.n_imm64, 0);
	}
	assert_int_equal(
		relocate(w, BPF_CORE_TYPE_ID_TARGET, TASK, "0", true, truth),
		0);
	assert_int_equal(w->object.n_imm32 + w->object.n_imm64, 0);
	assert_true(w->object.asks_type_id);
}

#define SHORTER (1u - (u32)sizeof(struct bpf_core_relo))
#define OFFSET BPF_CORE_FIELD_BYTE_OFFSET

static void broken_relocations_are_refused(void **state)
{
	static const struct {
		u32 kind, type;
		const char *way;
		struct lie lie;
	} rows[] = {
		{ OFFSET, 99, "0:0", { 0 } },
		{ OFFSET, TASK, "", { 0 } },
		{ OFFSET, TASK, "0:9", { 0 } },
		{ OFFSET, TASK, "0:x", { 0 } },
		{ OFFSET, TASK, "0:0x", { 0 } },
		{ OFFSET, TASK, "0x0", { 0 } },
		{ OFFSET, TASK, "0:0:0", { 0 } },
		{ OFFSET, TASK, "-1", { 0 } },
		{ OFFSET, TASK, "0:0", { .longer = 1 } },
		{ OFFSET, TASK, "0:0", { .longer = sizeof(u32[2]) } },
		{ OFFSET, TASK, "0:0", { .size = -1u } },
		{ OFFSET, TASK, "0:0", { .size = 1 } },
		{ OFFSET, TASK, "0:0", { .n = 1 } },
		{ OFFSET, TASK, "0:0", { .longer = SHORTER, .size = SHORTER } },
		{ BPF_CORE_ENUMVAL_VALUE, ENUM, "1", { 0 } },
		{ BPF_CORE_ENUMVAL_VALUE, ENUM, "x", { 0 } },
		{ BPF_CORE_ENUMVAL_VALUE, ENUM, "0:0", { 0 } },
		{ BPF_CORE_ENUMVAL_VALUE, TASK, "0", { 0 } },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (relocate(w, rows[i].kind, rows[i].type, rows[i].way, true,
			     rows[i].lie) != -EPERM)
			fail_msg("row %zu is not refused", i);
		assert_non_null(strstr(w->why.text, ".BTF.ext cannot be read"));
	}
}

static void without_a_target_there_is_no_value(void **state)
{
	struct world *w = *state;

	assert_int_equal(
		relocate(w, BPF_CORE_FIELD_EXISTS, TASK, "0:0", false, truth),
		-EPERM);
	assert_non_null(strstr(w->why.text, "CO-RE"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(constants_are_the_targets),
		T(what_the_target_has_not_explains_nothing),
		T(broken_relocations_are_refused),
		T(without_a_target_there_is_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
