// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes are a frame, the start of one, or refused with a reason. */

#include <stdlib.h>

#include "frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_frame f;
	const char *why = NULL;
	int err = vouch_frame_parse(data, len, 4096, &f, &why);

	if (err == -EPROTO && !why)
		abort();
	if (!err && (f.size > len || f.blob + f.blob_len != data + f.size))
		abort();
	return 0;
}
