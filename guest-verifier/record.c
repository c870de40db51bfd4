// SPDX-License-Identifier: GPL-2.0-only
/* Records, one behind the other, in a buffer of given size. */

#include <linux/string.h>

#include "record.h"

int vouch_record_refuse(struct vouch_take *take, int err, const char *why)
{
	take->why = why;
	return err;
}

int vouch_record_full(struct vouch_take *take)
{
	return vouch_record_refuse(take, -ENOSPC, "the buffer is too small");
}

void *vouch_record_extend(struct vouch_take *take, u64 len)
{
	void *p = take->buf + take->used;

	if (len > take->size - take->used)
		return NULL;
	memset(p, 0, len);
	take->used += len;
	return p;
}

void *vouch_record_begin(struct vouch_take *take, u32 type, u64 length,
			 struct vouch_capture_record **head)
{
	*head = vouch_record_extend(take, sizeof(**head));
	if (!*head)
		return NULL;
	(*head)->type = cpu_to_le32(type);
	(*head)->length = cpu_to_le32(length);
	take->n_records++;
	return vouch_record_extend(take, ALIGN(length, 8));
}
