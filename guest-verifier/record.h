/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing records of a capture into TAKE's buffer. */
#ifndef VOUCH_RECORD_H
#define VOUCH_RECORD_H

#include "take.h"

/**
 * vouch_record_extend() - room at the end of the buffer.
 * @take: whose buffer
 * @len: bytes
 *
 * Return: the room, zeroed, or NULL if there is not as much.
 */
void *vouch_record_extend(struct vouch_take *take, u64 len);

/**
 * vouch_record_begin() - begin a record.
 * @take: whose buffer
 * @type: enum vouch_record_type
 * @length: bytes of its payload
 * @head: set to the record's head, which stays valid
 *
 * Return: the payload, zeroed, or NULL if there is no room.
 */
void *vouch_record_begin(struct vouch_take *take, u32 type, u64 length,
			 struct vouch_capture_record **head);

/**
 * vouch_record_refuse() - give the reason of an error.
 * @take: what is refused
 * @err: the negative error
 * @why: constant text
 *
 * Return: @err.
 */
int vouch_record_refuse(struct vouch_take *take, int err, const char *why);

/**
 * vouch_record_full() - say that the buffer is too small.
 * @take: whose buffer
 *
 * Return: -ENOSPC.
 */
int vouch_record_full(struct vouch_take *take);

#endif /* VOUCH_RECORD_H */
