// SPDX-License-Identifier: BSD-2-Clause
/* The frame parser: whole frames, every cut, every wrong field. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "frame.h"

#define JSON "{\"a\":1}"
#define BLOB "blob bytes"
#define LEN \
	(sizeof(struct vouch_frame_head) + sizeof(JSON) - 1 + sizeof(BLOB) - 1)

static void make(u8 *buf)
{
	vouch_frame_head_init((void *)buf, VOUCH_FRAME_SUBMIT, 7,
			      sizeof(JSON) - 1, sizeof(BLOB) - 1);
	memcpy(buf + sizeof(struct vouch_frame_head), JSON, sizeof(JSON) - 1);
	memcpy(buf + LEN - (sizeof(BLOB) - 1), BLOB, sizeof(BLOB) - 1);
}

static void whole_frame_is_found(void **state)
{
	struct vouch_frame f;
	const char *why = NULL;
	u8 buf[LEN + 5] = { 0 };

	(void)state;
	make(buf);
	assert_int_equal(vouch_frame_parse(buf, sizeof(buf), 64, &f, &why), 0);
	assert_int_equal(f.size, LEN);
	assert_int_equal(f.type, VOUCH_FRAME_SUBMIT);
	assert_int_equal(f.id, 7);
	assert_int_equal(f.json_len, sizeof(JSON) - 1);
	assert_memory_equal(f.json, JSON, sizeof(JSON) - 1);
	assert_int_equal(f.blob_len, sizeof(BLOB) - 1);
	assert_memory_equal(f.blob, BLOB, sizeof(BLOB) - 1);
}

/* Each cut lies in a buffer of its own, so that ASan sees a read beyond. */
static void every_cut_asks_for_more(void **state)
{
	u8 buf[LEN];
	size_t n;

	(void)state;
	make(buf);
	for (n = 0; n < LEN; n++) {
		struct vouch_frame f;
		const char *why = NULL;
		u8 *cut = malloc(n ? n : 1);

		assert_non_null(cut);
		memcpy(cut, buf, n);
		assert_int_equal(vouch_frame_parse(cut, n, 64, &f, &why),
				 -EAGAIN);
		assert_int_equal(f.size,
				 n < sizeof(struct vouch_frame_head) ? 0 : LEN);
		free(cut);
	}
}

static void refused(const u8 *buf, u32 max_blob, const char *text)
{
	struct vouch_frame f;
	const char *why = NULL;

	assert_int_equal(vouch_frame_parse(buf, LEN, max_blob, &f, &why),
			 -EPROTO);
	assert_string_equal(why, text);
}

static void wrong_fields_are_refused(void **state)
{
	struct vouch_frame_head *h;
	u8 buf[LEN];

	(void)state;
	h = (void *)buf;
	make(buf);
	h->magic[0] ^= 1;
	refused(buf, 64, "frame: wrong magic");
	make(buf);
	h->version = cpu_to_le16(2);
	refused(buf, 64, "frame: unknown version");
	make(buf);
	h->type = 0;
	refused(buf, 64, "frame: unknown type");
	h->type = cpu_to_le16(VOUCH_N_FRAME_TYPES);
	refused(buf, 64, "frame: unknown type");
	make(buf);
	h->reserved = cpu_to_le32(1);
	refused(buf, 64, "frame: reserved bytes are not zero");
	make(buf);
	h->json_len = cpu_to_le32(VOUCH_FRAME_MAX_JSON + 1);
	refused(buf, 64, "frame: JSON is too long");
	make(buf);
	h->blob_len = cpu_to_le32(UINT32_MAX);
	refused(buf, 64, "frame: blob is too long");
	make(buf);
	refused(buf, sizeof(BLOB) - 2, "frame: blob is too long");
	make(buf);
	buf[sizeof(*h) + 2] = 0;
	refused(buf, 64, "frame: a NUL in the JSON");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_frame_is_found),
		cmocka_unit_test(every_cut_asks_for_more),
		cmocka_unit_test(wrong_fields_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
