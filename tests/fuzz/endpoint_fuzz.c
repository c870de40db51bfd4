// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any text is an endpoint or refused with a reason.
 *
 * Parser: common/endpoint.c
 */

#include "fuzz.h"

#include "../../common/endpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_endpoint ep;
	const char *why = NULL;
	char *uri = malloc(len + 1);

	if (!uri)
		return 0;
	if (len)
		memcpy(uri, data, len);
	uri[len] = 0;
	if (vouch_endpoint_parse(uri, &ep, &why))
		fuzz_require(why);
	else
		fuzz_require(memchr(ep.path, 0, sizeof(ep.path)));
	free(uri);
	return 0;
}
