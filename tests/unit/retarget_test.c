// SPDX-License-Identifier: BSD-2-Clause
/* Lists of replacements: a good one, every cut, every wrong field. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "capture.h"
#include "retarget.h"

struct list {
	struct vouch_retarget_head head;
	struct {
		struct vouch_replacement r;
		u8 insns[2][VOUCH_INSN_LEN];
	} prologue;
	struct {
		struct vouch_replacement r;
		u8 insns[1][VOUCH_INSN_LEN];
	} ctx, btf, other;
};

static struct list good(void)
{
	struct list l = {
		.head = { .magic = VOUCH_RETARGET_MAGIC,
			  .version = VOUCH_RETARGET_VERSION,
			  .n_entries = 4,
			  .size = sizeof(struct list) },
		.prologue.r = { 0, VOUCH_ACCESS_PROLOGUE, VOUCH_BASE_PROLOGUE,
				.n_insns = 2 },
		.ctx.r = { 0, 0, VOUCH_BASE_CTX, .n_insns = 1,
			   .target_size = 8 },
		.btf.r = { 0, 7, VOUCH_BASE_BTF, .n_insns = 1 },
		.other.r = { 1, 0, VOUCH_BASE_SOCKET, .n_insns = 1 },
	};

	return l;
}

/* The parser's reason, or "" for a good list. */
static const char *reason(const void *buf, size_t len)
{
	void *copy = malloc(len ? len : 1);
	const char *why = "";
	int err;

	memcpy(copy, buf, len);
	err = vouch_retarget_parse(copy, len, &why);
	assert_true(err ? err == -EINVAL && why : !why);
	free(copy);
	return err ? why : "";
}

static void a_good_list_is_walked(void **state)
{
	const struct vouch_replacement *r = NULL;
	struct list l = good();
	const void *want[] = { &l.prologue, &l.ctx, &l.btf, &l.other, NULL };
	u32 i;

	(void)state;
	assert_string_equal(reason(&l, sizeof(l)), "");
	for (i = 0; i < 5; i++) {
		r = vouch_retarget_next(&l, r);
		assert_ptr_equal(r, want[i]);
	}
}

static void every_cut_is_refused(void **state)
{
	struct list l = good();
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(l); len++) {
		l.head.size = sizeof(l);
		assert_string_not_equal(reason(&l, len), "");
		l.head.size = len;
		assert_string_not_equal(reason(&l, len), "");
	}
}

#define REFUSED(change, why)                                       \
	do {                                                       \
		struct list l = good();                            \
		change;                                            \
		assert_string_equal(reason(&l, sizeof(l)), (why)); \
	} while (0)

static void the_head_is_checked(void **state)
{
	(void)state;
	REFUSED(l.head.magic[7]++, "replacements: wrong magic");
	REFUSED(l.head.version++, "replacements: unknown version");
	REFUSED(l.head.size--,
		"replacements: size in the header is not the size");
	REFUSED(l.head.n_entries = 0, "replacements: there is none");
	REFUSED(l.head.n_entries--,
		"replacements: bytes behind the last entry");
	REFUSED(l.head.n_entries++,
		"replacements: fewer entries than the header says");
}

static void entries_are_checked(void **state)
{
	static const char range[] = "replacements: a field is out of range";
	static const char order[] = "replacements: not in ascending order";

	(void)state;
	REFUSED(l.other.r.prog = VOUCH_MAX_PROGS,
		"replacements: of a program that there cannot be");
	REFUSED(l.ctx.r.base = 0, range);
	REFUSED(l.ctx.r.base = VOUCH_BASE_BTF + 1, range);
	REFUSED(l.ctx.r.insn = VOUCH_ACCESS_PROLOGUE, range);
	REFUSED(l.prologue.r.insn = 0, range);
	REFUSED(l.ctx.r.n_insns = 0, range);
	REFUSED(l.ctx.r.n_insns = VOUCH_MAX_SEQUENCE + 1, range);
	REFUSED(l.btf.r.n_insns = 2, range);
	REFUSED(l.ctx.r.target_size = 9, range);
	REFUSED(l.btf.r.target_size = 1, range);
	REFUSED(l.prologue.r.target_size = 1, range);
	REFUSED(l.btf.r.reserved = 1,
		"replacements: reserved bytes are not zero");
	REFUSED(l.other.r.n_insns = 2,
		"replacements: an entry is longer than the list");
	REFUSED(l.btf.r.insn = 0, order);
	REFUSED(l.other.r.prog = 0, order);
	REFUSED(l.prologue.r.prog = 1, order);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_list_is_walked),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(the_head_is_checked),
		cmocka_unit_test(entries_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
