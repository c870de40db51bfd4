// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Captures: one record after the other. */

#include "capture_parse.h"

const char vouch_capture_no_memory[] = "capture: out of memory";

const char *vouch_capture_peek(const struct vouch_capture_cursor *c,
			       struct vouch_capture_item *item)
{
	const struct vouch_capture_record *head = (const void *)c->pos;
	u64 left = c->end - c->pos;

	memset(item, 0, sizeof(*item));
	if (!c->left)
		return NULL;
	if (left < sizeof(*head))
		return "capture: fewer records than the header says";
	item->type = le32_to_cpu(head->type);
	item->length = le32_to_cpu(head->length);
	item->data = c->pos + sizeof(*head);
	left -= sizeof(*head);
	if (!item->type || item->type > VOUCH_RECORD_LAST)
		return "capture: unknown type of record";
	if (item->length > left || vouch_capture_pad(item->length) > left)
		return "capture: a record is longer than the capture";
	if (!vouch_all_zero(item->data + item->length,
			    vouch_capture_pad(item->length) - item->length))
		return "capture: bytes between records are not zero";
	return NULL;
}

void vouch_capture_step(struct vouch_capture_cursor *c,
			const struct vouch_capture_item *item)
{
	c->pos = item->data + vouch_capture_pad(item->length);
	c->left--;
}
