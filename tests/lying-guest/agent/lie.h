/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lying agent: vouch-agent whose session receives, verifies and sends by
 * way of the functions here. A submission's name says which lie is told over
 * it, so that every VM of this kind tells it:
 *
 *	m:SCRIPT	the module edits the records of the program (edit.h)
 *	c:SCRIPT	the agent edits the finished capture
 *	r:		the capture of the submission before, again
 *	f:NAME		a lie of frames.c
 *
 * Any other name, and the agent is honest.
 */
#ifndef LYING_AGENT_LIE_H
#define LYING_AGENT_LIE_H

#include "channel.h"
#include "../../../guest-verifier/agent/verify.h"

/* As the functions in whose place they stand. */
int lying_channel_recv(int fd, u32 max_blob, int timeout_ms,
		       struct vouch_message *msg, const char **why);
json_t *lying_verify_object(const struct vouch_kernel *kernel,
			    const struct vouch_options *options,
			    const struct vouch_target *target, const void *data,
			    size_t size, u8 **capture, size_t *capture_len);
int lying_channel_send(int fd, enum vouch_frame_type type, u32 id,
		       const json_t *json, const void *blob, size_t blob_len);

/* An answer to VERIFY, before it is sent. */
struct lying_answer {
	int fd;
	enum vouch_frame_type type;
	u32 id;
	const json_t *json;
	const void *blob;
	size_t blob_len;
};

/**
 * lying_frames_send() - answer with a lie of frames.
 * @name: which
 * @answer: the honest answer
 *
 * Return: as vouch_channel_send().
 */
int lying_frames_send(const char *name, const struct lying_answer *answer);

#endif /* LYING_AGENT_LIE_H */
