/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Endpoint URIs: where a part of vouch is found.
 *
 *	vsock://CID:PORT	both decimal, 32 bits
 *	unix:/path		absolute path of a stream socket
 *	tls://host:port		host name or address, decimal port
 *	file:/path		absolute path, for delivery by hand
 *
 * Nothing else: no user, query, fragment or escape.
 */
#ifndef VOUCH_ENDPOINT_H
#define VOUCH_ENDPOINT_H

#include "base.h"

/* vsock ports of the host (CID 2), one per role. */
#define VOUCH_PORT_VERIFIER 7001
#define VOUCH_PORT_TARGET 7002
#define VOUCH_PORT_DEVELOPER 7003

enum vouch_endpoint_kind {
	VOUCH_ENDPOINT_VSOCK = 1,
	VOUCH_ENDPOINT_UNIX = 2,
	VOUCH_ENDPOINT_TLS = 3,
	VOUCH_ENDPOINT_FILE = 4,
};

struct vouch_endpoint {
	enum vouch_endpoint_kind kind;
	u32 cid; /* vsock */
	u32 port; /* vsock, tls */
	char path[108]; /* unix and file: path; tls: host */
};

/**
 * vouch_endpoint_parse() - read an endpoint URI.
 * @uri: NUL-terminated
 * @ep: filled on success
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_endpoint_parse(const char *uri, struct vouch_endpoint *ep,
			 const char **why);

#endif /* VOUCH_ENDPOINT_H */
