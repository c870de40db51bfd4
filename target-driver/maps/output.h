/* SPDX-License-Identifier: GPL-2.0-only */
/* Records on their way to user space, as VOUCH_TARGET_RECORDS has them. */
#ifndef VOUCH_OUTPUT_H
#define VOUCH_OUTPUT_H

#include <linux/types.h>

/* A buffer that is being filled with struct vouch_target_record. */
struct vouch_taken {
	u8 *data;
	u32 room, used; /* bytes */
	u32 n; /* records */
	u64 lost; /* records that found no room, since the map was made */
	bool more; /* there is one that did not fit */
};

/**
 * vouch_taken_add() - append a record.
 * @out: the buffer
 * @cpu: number, or VOUCH_TARGET_NO_CPU
 * @time: nanoseconds, or 0
 * @data: the record's data
 * @len: bytes of it
 *
 * Return: whether there was room.
 */
bool vouch_taken_add(struct vouch_taken *out, u32 cpu, u64 time,
		     const void *data, u32 len);

#endif /* VOUCH_OUTPUT_H */
