// SPDX-License-Identifier: BSD-2-Clause
/* Where values have their lock, by an object's BTF. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "btf_text.h"
#include "object_lock.h"

/* BTF of a number and of a lock, to which each test adds. */
struct made {
	struct btf_text text;
	u32 number, lock;
	u8 bytes[BTF_TEXT_MAX];
	struct vouch_types types;
};

static u32 structure(struct made *m, const char *name, u32 kind, u32 size,
		     const struct btf_member *members, u32 n)
{
	return btf_add(&m->text, name, kind << 24 | n, size, members,
		       n * sizeof(*members));
}

static void make(struct made *m)
{
	const u32 bits = 32;
	struct btf_member val = {};

	memset(m, 0, sizeof(*m));
	m->text.strings_len = 1;
	m->number = btf_add(&m->text, "unsigned int", BTF_KIND_INT << 24, 4,
			    &bits, sizeof(bits));
	val.type = m->number;
	m->lock = structure(m, "bpf_spin_lock", BTF_KIND_STRUCT, 4, &val, 1);
}

static u32 find(struct made *m, u32 id)
{
	u32 found;

	assert_int_equal(vouch_types_open(&m->types, m->bytes,
					  btf_write(&m->text, m->bytes)),
			 0);
	found = vouch_object_lock_value(&m->types, id);
	vouch_types_close(&m->types);
	return found;
}

/* Of a value with two members, at 0 and at @at bits. */
static u32 find_second(struct made *m, u32 kind, u32 first, u32 second, u32 at)
{
	const struct btf_member members[] = { { 0, first, 0 },
					      { 0, second, at } };

	return find(m, structure(m, "value", kind, 32, members, 2));
}

static void a_lock_is_found_where_it_is(void **state)
{
	struct made m;
	u32 value;

	(void)state;
	make(&m);
	assert_int_equal(
		find_second(&m, BTF_KIND_STRUCT, m.number, m.lock, 12 * 8), 13);
	make(&m);
	assert_int_equal(find_second(&m, BTF_KIND_STRUCT, m.lock, m.number, 32),
			 1);
	/* Whose members may have widths in bits. */
	make(&m);
	assert_int_equal(find_second(&m, 1u << 7 | BTF_KIND_STRUCT, m.number,
				     m.lock, 12 * 8),
			 13);
	make(&m);
	value = structure(&m, "value", BTF_KIND_STRUCT, 4,
			  &(struct btf_member){ 0, m.lock, 0 }, 1);
	value = btf_add(&m.text, "value_t", BTF_KIND_TYPEDEF << 24, value, NULL,
			0);
	assert_int_equal(find(&m, value), 1);
}

static void what_is_none_is_not_found(void **state)
{
	struct btf_member val = {};
	struct made m;
	u32 other;

	(void)state;
	make(&m);
	assert_int_equal(
		find_second(&m, BTF_KIND_STRUCT, m.number, m.number, 32), 0);
	assert_int_equal(find(&m, m.number), 0);
	assert_int_equal(find(&m, 1000), 0);
	assert_int_equal(find_second(&m, BTF_KIND_UNION, m.number, m.lock, 32),
			 0);
	/* Two, or one at an odd place. */
	assert_int_equal(find_second(&m, BTF_KIND_STRUCT, m.lock, m.lock, 32),
			 0);
	assert_int_equal(find_second(&m, BTF_KIND_STRUCT, m.number, m.lock, 48),
			 0);
	assert_int_equal(find_second(&m, BTF_KIND_STRUCT, m.number, m.lock, 33),
			 0);
	make(&m);
	other = btf_add(&m.text, "lock_t", BTF_KIND_TYPEDEF << 24, m.lock, NULL,
			0);
	assert_int_equal(find_second(&m, BTF_KIND_STRUCT, m.number, other, 32),
			 0);
	make(&m);
	val.type = m.number;
	other = structure(&m, "spin_lock", BTF_KIND_STRUCT, 4, &val, 1);
	assert_int_equal(find_second(&m, BTF_KIND_STRUCT, m.number, other, 32),
			 0);
	make(&m);
	other = structure(&m, "bpf_spin_lock", BTF_KIND_STRUCT, 8, &val, 1);
	assert_int_equal(find_second(&m, BTF_KIND_STRUCT, m.number, other, 32),
			 0);
}

/* Of a section with a number and a variable behind it. */
static u32 find_variable(u32 type, u32 offset, u32 size)
{
	struct made m;
	struct btf_var_secinfo vars[2] = { { 0, 0, 4 }, { 0, offset, size } };
	u32 i, found, linkage = BTF_VAR_STATIC;

	make(&m);
	for (i = 0; i < 2; i++)
		vars[i].type = btf_add(&m.text, i ? "guard" : "n",
				       BTF_KIND_VAR << 24,
				       i && type ? m.lock : m.number, &linkage,
				       sizeof(linkage));
	btf_add(&m.text, ".data", BTF_KIND_DATASEC << 24 | 2, 16, vars,
		sizeof(vars));
	assert_int_equal(vouch_types_open(&m.types, m.bytes,
					  btf_write(&m.text, m.bytes)),
			 0);
	found = vouch_object_lock_section(&m.types, ".data");
	assert_int_equal(vouch_object_lock_section(&m.types, ".bss"), 0);
	vouch_types_close(&m.types);
	return found;
}

static void a_variable_may_be_a_lock(void **state)
{
	(void)state;
	assert_int_equal(find_variable(1, 8, 4), 9);
	assert_int_equal(find_variable(0, 8, 4), 0);
	assert_int_equal(find_variable(1, 6, 4), 0);
	assert_int_equal(find_variable(1, 8, 8), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_found_where_it_is),
		cmocka_unit_test(what_is_none_is_not_found),
		cmocka_unit_test(a_variable_may_be_a_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
