/* SPDX-License-Identifier: BSD-2-Clause */
/* A confined child and its one answer. */
#ifndef VOUCH_CHILD_H
#define VOUCH_CHILD_H

#include "channel.h"
#include "confine.h"

/**
 * typedef vouch_child_fn - what a confined child does.
 * @arg: the caller's
 * @guest_fd: the module's device, or negative
 * @blob: set to what goes with the answer, or left NULL
 * @blob_len: its length in bytes
 *
 * Return: the answer.
 */
typedef json_t *vouch_child_fn(void *arg, int guest_fd, void **blob,
			       size_t *blob_len);

struct vouch_child {
	struct vouch_confinement confinement;
	bool guest; /* give it the module's device */
	int timeout_ms; /* then it is killed */
	vouch_child_fn *fn;
	void *arg;
};

/**
 * vouch_child_run() - fork a confined child and wait for its answer.
 * @child: what it is to do
 * @msg: its answer, on success; release with vouch_message_release()
 * @why: filled with what went wrong, on error
 * @size: bytes of @why
 *
 * The child is dead and reaped when this returns.
 *
 * Return: 0, -ETIMEDOUT, or another negative error, with @why.
 */
int vouch_child_run(const struct vouch_child *child, struct vouch_message *msg,
		    char *why, size_t size);

#endif /* VOUCH_CHILD_H */
