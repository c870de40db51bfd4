// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one parser of frames. */

#include "frame.h"

static const char *check_head(const struct vouch_frame_head *h, u32 max_blob)
{
	if (memcmp(h->magic, VOUCH_FRAME_MAGIC, sizeof(h->magic)))
		return "frame: wrong magic";
	if (le16_to_cpu(h->version) != VOUCH_FRAME_VERSION)
		return "frame: unknown version";
	if (!le16_to_cpu(h->type) ||
	    le16_to_cpu(h->type) >= VOUCH_N_FRAME_TYPES)
		return "frame: unknown type";
	if (h->reserved)
		return "frame: reserved bytes are not zero";
	if (le32_to_cpu(h->json_len) > VOUCH_FRAME_MAX_JSON)
		return "frame: JSON is too long";
	if (le32_to_cpu(h->blob_len) > max_blob ||
	    le32_to_cpu(h->blob_len) > VOUCH_FRAME_MAX_BLOB)
		return "frame: blob is too long";
	return NULL;
}

int vouch_frame_parse(const void *buf, size_t len, u32 max_blob,
		      struct vouch_frame *frame, const char **why)
{
	struct vouch_frame_head h;
	const u8 *p = buf;

	frame->size = 0;
	if (len < sizeof(h))
		return -EAGAIN;
	memcpy(&h, p, sizeof(h));
	*why = check_head(&h, max_blob);
	if (*why)
		return -EPROTO;
	frame->type = le16_to_cpu(h.type);
	frame->id = le32_to_cpu(h.id);
	frame->json_len = le32_to_cpu(h.json_len);
	frame->blob_len = le32_to_cpu(h.blob_len);
	frame->size = sizeof(h) + (size_t)frame->json_len + frame->blob_len;
	if (len < frame->size)
		return -EAGAIN;
	frame->json = (const char *)p + sizeof(h);
	frame->blob = p + sizeof(h) + frame->json_len;
	if (memchr(frame->json, 0, frame->json_len)) {
		*why = "frame: a NUL in the JSON";
		return -EPROTO;
	}
	return 0;
}

void vouch_frame_head_init(struct vouch_frame_head *head,
			   enum vouch_frame_type type, u32 id, u32 json_len,
			   u32 blob_len)
{
	memset(head, 0, sizeof(*head));
	memcpy(head->magic, VOUCH_FRAME_MAGIC, sizeof(head->magic));
	head->version = cpu_to_le16(VOUCH_FRAME_VERSION);
	head->type = cpu_to_le16(type);
	head->id = cpu_to_le32(id);
	head->json_len = cpu_to_le32(json_len);
	head->blob_len = cpu_to_le32(blob_len);
}
