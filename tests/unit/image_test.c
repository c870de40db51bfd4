// SPDX-License-Identifier: BSD-2-Clause
/* The one shape of images, and the content hash that binds it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../host-bridge/content.h"
#include "bridge_fixture.h"

struct state {
	struct fixture fixture;
	u8 *file;
	size_t len;
	struct vouch_image img;
};

static int start(void **state)
{
	struct state *s = calloc(1, sizeof(*s));
	const char *why = "";

	fixture_init(&s->fixture);
	s->file = fixture_link(&s->fixture, &s->len);
	if (vouch_image_parse(s->file, s->len, &s->img, &why))
		fail_msg("%s", why);
	*state = s;
	return 0;
}

static int stop(void **state)
{
	struct state *s = *state;

	fixture_release(&s->fixture);
	free(s->file);
	free(s);
	return 0;
}

static bool is_record(const struct state *s, size_t i)
{
	return i >= s->img.volatiles[3].off &&
	       i < s->img.volatiles[3].off + s->img.volatiles[3].len;
}

/* Every byte counts: either the shape refuses another value or the content
 * hash does. Only the record is the signer's. */
static void every_byte_is_bound(void **state)
{
	struct state *s = *state;
	struct vouch_image img;
	const char *why;
	size_t i;
	int bit;

	for (i = 0; i < s->len; i++) {
		if (is_record(s, i))
			continue;
		for (bit = 0; bit < 8; bit += 3) {
			s->file[i] ^= (u8)(1 << bit);
			if (!vouch_image_parse(s->file, s->len, &img, &why) &&
			    !vouch_content_check(&img, &why))
				fail_msg("byte %zu bit %d is free", i, bit);
			s->file[i] ^= (u8)(1 << bit);
		}
	}
}

static void the_record_is_not_content(void **state)
{
	struct state *s = *state;
	struct vouch_image img;
	struct vouch_record *rec =
		(struct vouch_record *)(uintptr_t)s->img.record;
	const char *why;

	rec->sequence = cpu_to_le64(99);
	strcpy(rec->object_name, "other.o");
	assert_int_equal(vouch_image_parse(s->file, s->len, &img, &why), 0);
	assert_int_equal(vouch_content_check(&img, &why), 0);
}

static void every_other_length_is_refused(void **state)
{
	struct state *s = *state;
	struct vouch_image img;
	const char *why;
	size_t i;
	u8 *copy;

	for (i = 0; i < s->len; i++) {
		/* Its own allocation, so that a sanitizer sees the end. */
		copy = malloc(i + 1);
		memcpy(copy, s->file, i);
		assert_int_equal(vouch_image_parse(copy, i, &img, &why),
				 -EINVAL);
		free(copy);
	}
	copy = calloc(1, s->len + 8);
	memcpy(copy, s->file, s->len);
	for (i = 1; i <= 8; i++)
		assert_int_equal(
			vouch_image_parse(copy, s->len + i, &img, &why),
			-EINVAL);
	free(copy);
}

/* Deterministic noise: the parser must survive whatever it is given. */
static void noise_does_no_harm(void **state)
{
	struct state *s = *state;
	u8 *copy = malloc(s->len);
	struct vouch_image img;
	u64 seed = 1;
	const char *why;
	int i, n;

	for (i = 0; i < 20000; i++) {
		memcpy(copy, s->file, s->len);
		for (n = 0; n < 4; n++) {
			seed = seed * 6364136223846793005ull +
			       1442695040888963407ull;
			copy[(seed >> 33) % s->len] = (u8)(seed >> 24);
		}
		vouch_image_parse(copy, s->len, &img, &why);
	}
	free(copy);
}

static void signatures_are_split_off(void **state)
{
	const struct vouch_module_signature sig = {
		.id_type = 2,
		.sig_len = { 0, 0, 0, 100 },
	};
	struct state *s = *state;
	const size_t marker = sizeof(VOUCH_MODULE_SIG_STRING) - 1;
	size_t len = s->len + 100 + sizeof(sig) + marker;
	u8 *file = calloc(1, len);
	u32 elf_len, sig_len;
	const char *why;

	memcpy(file, s->file, s->len);
	memcpy(file + s->len + 100, &sig, sizeof(sig));
	memcpy(file + s->len + 100 + sizeof(sig), VOUCH_MODULE_SIG_STRING,
	       marker);
	assert_int_equal(vouch_image_split(file, len, &elf_len, &sig_len, &why),
			 0);
	assert_int_equal(elf_len, s->len);
	assert_int_equal(sig_len, 100);

	/* Longer than any, or of another kind. */
	file[s->len + 100 + 10] = 0xff;
	assert_int_equal(vouch_image_split(file, len, &elf_len, &sig_len, &why),
			 -EINVAL);
	file[s->len + 100 + 10] = 0;
	file[s->len + 100 + 2] = 1;
	assert_int_equal(vouch_image_split(file, len, &elf_len, &sig_len, &why),
			 -EINVAL);
	file[s->len + 100 + 2] = 2;
	assert_int_equal(
		vouch_image_split(file, len - 1, &elf_len, &sig_len, &why),
		-EINVAL);
	file[len - 1] ^= 1;
	assert_int_equal(vouch_image_split(file, len, &elf_len, &sig_len, &why),
			 -EINVAL);
	free(file);
}

static void volatiles_are_in_the_file_and_ascend(void **state)
{
	struct state *s = *state;
	u32 end = 0;
	int i;

	for (i = 0; i < VOUCH_IMAGE_N_VOLATILE; i++) {
		assert_true(s->img.volatiles[i].off >= end);
		end = s->img.volatiles[i].off + s->img.volatiles[i].len;
	}
	assert_true(end <= s->len);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(every_byte_is_bound),
		T(the_record_is_not_content),
		T(every_other_length_is_refused),
		T(noise_does_no_harm),
		T(signatures_are_split_off),
		T(volatiles_are_in_the_file_and_ascend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
