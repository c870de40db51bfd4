/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The confined child's part of a test-run: it loads the object and runs its
 * programs on packets.
 */
#ifndef VOUCH_AGENT_RUN_CHILD_H
#define VOUCH_AGENT_RUN_CHILD_H

#include <jansson.h>

#include "options.h"

#define VOUCH_RUN_MAX_CTX 8192 /* bytes */

/* A call whose shape is checked. */
struct vouch_run {
	struct vouch_options options;
	const json_t *program; /* of all packets, or a list; null: the only */
	const json_t *packets, *presets;
	const u8 *object, *packet_data;
	size_t object_len, packet_len;
	u32 repeat;
	const json_t *dump; /* true, or a list of names */
	const json_t *ctx; /* of all packets, or a list; NULL: none */
	bool perfmon;
};

/**
 * vouch_run_program() - what is a packet for?
 * @run: the call
 * @i: the packet's number
 *
 * Return: the program's name, which belongs to the call; NULL for the only one.
 */
const char *vouch_run_program(const struct vouch_run *run, size_t i);

/**
 * vouch_run_child() - do what was asked; for vouch_child_run().
 * @arg: the call, a struct vouch_run
 * @guest_fd: the guest module's device
 * @blob: gets the packets as they are afterwards, to be freed
 * @blob_len: gets their bytes
 *
 * Return: the answer, to be released; NULL without memory.
 */
json_t *vouch_run_child(void *arg, int guest_fd, void **blob, size_t *blob_len);

#endif /* VOUCH_AGENT_RUN_CHILD_H */
