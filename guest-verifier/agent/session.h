/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's talk with the bridge. */
#ifndef VOUCH_SESSION_H
#define VOUCH_SESSION_H

#include "kernel.h"

/**
 * vouch_session_serve() - serve one connection until it ends.
 * @fd: connected to the bridge
 * @kernel: the kernel's facts
 * @why: filled with why it ended
 * @size: bytes of @why
 *
 * Return: 0 when the bridge hung up between requests, else the negative
 * error with @why.
 */
int vouch_session_serve(int fd, const struct vouch_kernel *kernel, char *why,
			size_t size);

/**
 * vouch_session_connect() - dial the bridge and serve it, again and again.
 * @uri: endpoint of the bridge
 * @kernel: the kernel's facts
 *
 * A VM may be up before the bridge, and outlive a restart of it.
 *
 * Return: the exit code, for an endpoint that cannot be dialled.
 */
int vouch_session_connect(const char *uri, const struct vouch_kernel *kernel);

#endif /* VOUCH_SESSION_H */
