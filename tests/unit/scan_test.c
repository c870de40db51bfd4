// SPDX-License-Identifier: BSD-2-Clause
/* No image with an unexplained value: one that is planted is found. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "../../common/image.h"
#include "../../host-bridge/scan.h"
#include "check_fixture.h"

/* Links, writes @len bytes over the user's constant, and scans. */
static int scan_with(struct fixture *f, const void *bytes, u32 len)
{
	struct vouch_image img;
	const char *why;
	size_t size;
	void *file = fixture_link(f, &size);
	int ret;

	assert_int_equal(vouch_image_parse(file, size, &img, &why), 0);
	memcpy((u8 *)(uintptr_t)img.text + marks.constant, bytes, len);
	ret = vouch_scan_image(file, size, f->object, f->object_len, NULL, NULL,
			       &f->why);
	free(file);
	return ret;
}

static void an_image_holds_nothing_of_the_kernel(void **state)
{
	assert_int_equal(scan_with(*state, "", 0), 0);
}

/* In the ten bytes of mov rdx, constant. */
static void a_planted_address_is_found(void **state)
{
	static const struct bytes planted[] = {
		BYTES("text", "\x48\xba\x10\x00\x00\x81\xff\xff\xff\xff"),
		BYTES("module", "\x48\xba\x00\x10\x20\xc0\xff\xff\xff\xff"),
		BYTES("direct map", "\x48\xba\x00\x98\x35\x05\x80\x88\xff\xff"),
		BYTES("vmalloc", "\x48\xba\x00\x50\x43\x00\x00\xc9\xff\xff"),
		BYTES("per-CPU", "\x48\xba\x00\x00\x00\x00\x00\xfe\xff\xff"),
		BYTES("text, four bytes",
		      "\x48\xc7\xc2\x10\x00\x00\x81\x0f\x1f\x00"),
	};
	size_t i;

	for (i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		struct fixture *f = *state;

		print_message("  %s\n", planted[i].name);
		assert_int_equal(scan_with(f, planted[i].bytes, planted[i].len),
				 -EPERM);
		assert_non_null(strstr(f->why.text, "may be an address"));
	}
}

static void other_numbers_are_none(void **state)
{
	static const struct bytes numbers[] = {
		BYTES("small", "\x48\xba\x10\x00\x00\x81\x00\x00\x00\x00"),
		BYTES("user space", "\x48\xba\x10\x00\x00\x81\xff\x7f\x00\x00"),
		BYTES("-2", "\x48\xc7\xc2\xfe\xff\xff\xff\x0f\x1f\x00"),
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_int_equal(
			scan_with(*state, numbers[i].bytes, numbers[i].len), 0);
}

/* Among what variables start with; not where eight bytes may begin only. */
static void a_planted_variable_is_found(void **state)
{
	static const u8 address[8] = "\x10\x00\x00\x81\xff\xff\xff\xff";
	struct fixture *f = *state;
	struct vouch_image img;
	const char *why;
	size_t size;
	u8 *file = fixture_link(f, &size);
	u32 at;

	assert_int_equal(vouch_image_parse(file, size, &img, &why), 0);
	assert_int_equal(img.data_len, 16);
	for (at = 0; at <= 8; at++) {
		u8 *place = (u8 *)(uintptr_t)img.data + at;
		u8 before[8];

		memcpy(before, place, 8);
		memcpy(place, address, 8);
		assert_int_equal(vouch_scan_image(file, size, f->object,
						  f->object_len, NULL, NULL,
						  &f->why),
				 -EPERM);
		assert_non_null(strstr(f->why.text, "map .data starts with"));
		memcpy(place, before, 8);
	}
	free(file);
}

static void what_is_no_code_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(scan_with(f, "\x06", 1), -EPERM);
	assert_non_null(strstr(f->why.text, "no instruction"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(an_image_holds_nothing_of_the_kernel),
		T(a_planted_address_is_found),
		T(a_planted_variable_is_found),
		T(other_numbers_are_none),
		T(what_is_no_code_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
