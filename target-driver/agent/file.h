/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery by hand: an image from a file, for targets that no channel reaches.
 */
#ifndef VOUCH_AGENT_FILE_H
#define VOUCH_AGENT_FILE_H

#include "agent.h"

/**
 * vouch_file_read() - read an image that is to be delivered.
 * @path: the image
 * @file: set to its bytes, which the caller frees
 * @len: set to their number, 1 to VOUCH_IMAGE_MAX
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_file_read(const char *path, u8 **file, size_t *len,
		    struct vouch_failure *f);

/**
 * vouch_file_deliver() - deliver an image that was in a file.
 * @agent: the agent
 * @file: the image
 * @len: its length
 * @attach: hook, or NULL
 * @f: filled on error
 *
 * Writes the status on standard output, as the STATUS frame has it.
 *
 * Return: 0 or a negative errno.
 */
int vouch_file_deliver(struct vouch_agent *agent, const u8 *file, size_t len,
		       const char *attach, struct vouch_failure *f);

#endif /* VOUCH_AGENT_FILE_H */
