// SPDX-License-Identifier: BSD-2-Clause
/* Any text is an endpoint or refused with a reason. */

#include <stdlib.h>

#include "endpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_endpoint ep;
	const char *why = NULL;
	char *uri = malloc(len + 1);

	if (!uri)
		return 0;
	memcpy(uri, data, len);
	uri[len] = 0;
	if (vouch_endpoint_parse(uri, &ep, &why) && !why)
		abort();
	free(uri);
	return 0;
}
