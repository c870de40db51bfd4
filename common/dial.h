/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Dialling: from an endpoint to a connected stream socket. User space only.
 */
#ifndef VOUCH_DIAL_H
#define VOUCH_DIAL_H

#include "endpoint.h"

/**
 * vouch_dial() - connect to an endpoint.
 * @ep: a parsed endpoint; vsock and unix can be dialled
 * @timeout_ms: how long to wait for the connection, in milliseconds; negative:
 *	as long as the kernel does
 * @why: set to a constant text that says what to do next, on error
 *
 * Return: a connected, blocking, close-on-exec descriptor that the caller
 * closes; or -EPROTONOSUPPORT for an endpoint that is no socket, -ETIMEDOUT,
 * or what connect(2) says.
 */
int vouch_dial(const struct vouch_endpoint *ep, int timeout_ms,
	       const char **why);

#endif /* VOUCH_DIAL_H */
