// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes are a frame, the start of one, or refused with a reason.
 *
 * Parser: common/frame.c
 */

#include "fuzz.h"

#include "../../common/frame.h"

#define MAX_BLOB 4096

/* A frame's head, written anew, is the head that was read. */
static void write_again(const u8 *data, const struct vouch_frame *f)
{
	struct vouch_frame_head head;

	vouch_frame_head_init(&head, f->type, f->id, f->json_len, f->blob_len);
	fuzz_require(!memcmp(&head, data, sizeof(head)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_frame f;
	const char *why = NULL;
	int err = vouch_frame_parse(data, len, MAX_BLOB, &f, &why);

	fuzz_require(err != -EPROTO || why);
	fuzz_require(err != -EAGAIN || !f.size || f.size > len);
	if (err)
		return 0;
	fuzz_require(f.size <= len && f.blob + f.blob_len == data + f.size);
	fuzz_touch(f.json, f.json_len);
	fuzz_touch(f.blob, f.blob_len);
	write_again(data, &f);
	return 0;
}
