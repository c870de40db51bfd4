// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one parser of endpoint URIs. */

#include "endpoint.h"

/* Decimal number up to @end, without sign, blank or leading zero. */
static int parse_number(const char *s, const char *end, u32 max, u32 *out)
{
	u64 n = 0;

	if (s == end || (*s == '0' && end - s > 1))
		return -EINVAL;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		n = n * 10 + (u64)(*s - '0');
		if (n > max)
			return -EINVAL;
	}
	*out = (u32)n;
	return 0;
}

static const char *parse_vsock(const char *s, struct vouch_endpoint *ep)
{
	const char *colon = strchr(s, ':');

	if (!colon || parse_number(s, colon, UINT32_MAX, &ep->cid) ||
	    parse_number(colon + 1, s + strlen(s), UINT32_MAX, &ep->port))
		return "not vsock://CID:PORT";
	return NULL;
}

static const char *parse_path(const char *s, struct vouch_endpoint *ep)
{
	if (*s != '/')
		return "the path is not absolute";
	if (strlen(s) >= sizeof(ep->path))
		return "the path is longer than 107 bytes";
	memcpy(ep->path, s, strlen(s) + 1);
	return NULL;
}

static const char *parse_tls(const char *s, struct vouch_endpoint *ep)
{
	const char *colon = strrchr(s, ':');
	size_t n;

	if (!colon || colon == s ||
	    parse_number(colon + 1, s + strlen(s), 65535, &ep->port))
		return "not tls://host:port";
	n = (size_t)(colon - s);
	if (n >= sizeof(ep->path) || memchr(s, '/', n))
		return "the host is not a name or an address";
	memcpy(ep->path, s, n);
	ep->path[n] = 0;
	return NULL;
}

int vouch_endpoint_parse(const char *uri, struct vouch_endpoint *ep,
			 const char **why)
{
	static const struct {
		const char *prefix;
		enum vouch_endpoint_kind kind;
		const char *(*parse)(const char *s, struct vouch_endpoint *ep);
	} kinds[] = {
		{ "vsock://", VOUCH_ENDPOINT_VSOCK, parse_vsock },
		{ "unix:", VOUCH_ENDPOINT_UNIX, parse_path },
		{ "tls://", VOUCH_ENDPOINT_TLS, parse_tls },
		{ "file:", VOUCH_ENDPOINT_FILE, parse_path },
	};
	size_t i;

	memset(ep, 0, sizeof(*ep));
	*why = "not one of vsock://, unix:, tls://, file:";
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].prefix);

		if (strncmp(uri, kinds[i].prefix, n))
			continue;
		ep->kind = kinds[i].kind;
		*why = kinds[i].parse(uri + n, ep);
		break;
	}
	return *why ? -EINVAL : 0;
}
