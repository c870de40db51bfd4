/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery by hand: an image from a file, for targets that no channel reaches.
 */
#ifndef VOUCH_AGENT_FILE_H
#define VOUCH_AGENT_FILE_H

#include "agent.h"

/**
 * vouch_file_deliver() - deliver an image from a file.
 * @agent: the agent
 * @path: the image
 * @attach: hook, or NULL
 * @f: filled on error
 *
 * Writes the status on standard output, as the STATUS frame has it.
 *
 * Return: 0 or a negative errno.
 */
int vouch_file_deliver(struct vouch_agent *agent, const char *path,
		       const char *attach, struct vouch_failure *f);

#endif /* VOUCH_AGENT_FILE_H */
