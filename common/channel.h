/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A channel: frames over a connected stream, one call per frame.
 *
 * For programs that may block: the agents, the command line, tests. Both
 * calls work on blocking and on non-blocking descriptors.
 */
#ifndef VOUCH_CHANNEL_H
#define VOUCH_CHANNEL_H

#include <jansson.h>

#include "frame.h"

/* A received frame. Release with vouch_message_release(). */
struct vouch_message {
	enum vouch_frame_type type;
	u32 id;
	json_t *json; /* an object, never NULL */
	const u8 *blob; /* blob_len bytes, aligned to 8; NULL if none */
	u32 blob_len;
};

/**
 * vouch_channel_send() - send one frame.
 * @fd: a connected stream
 * @type: type of the frame
 * @id: of the request
 * @json: an object, borrowed; NULL sends an empty one
 * @blob: raw bytes, borrowed; may be NULL if @blob_len is 0
 * @blob_len: their number
 *
 * Blocks until all is written. Never raises SIGPIPE on a socket.
 *
 * Return: 0, -EMSGSIZE when JSON or blob is too long, -EINVAL when @json
 * cannot be encoded, or the error of the descriptor.
 */
int vouch_channel_send(int fd, enum vouch_frame_type type, u32 id,
		       const json_t *json, const void *blob, size_t blob_len);

/**
 * vouch_channel_recv() - receive one frame.
 * @fd: a connected stream
 * @max_blob: most blob bytes that this peer may send
 * @timeout_ms: longest time for the whole frame; -1: no limit
 * @msg: filled on success
 * @why: set to a constant text that says what is wrong, on error
 *
 * Reads no byte beyond the frame.
 *
 * Return: 0, -EPROTO when the peer does not speak the protocol,
 * -ETIMEDOUT, -ENODATA when the peer closed before a frame began,
 * -ECONNRESET when it closed within one, -ENOMEM, or the descriptor's error.
 */
int vouch_channel_recv(int fd, u32 max_blob, int timeout_ms,
		       struct vouch_message *msg, const char **why);

/**
 * vouch_message_release() - free what vouch_channel_recv() allocated.
 * @msg: the message; may be all zero
 */
void vouch_message_release(struct vouch_message *msg);

#endif /* VOUCH_CHANNEL_H */
