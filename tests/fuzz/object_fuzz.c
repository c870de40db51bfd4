// SPDX-License-Identifier: BSD-2-Clause
/* The bridge's reader of submitted objects: whatever a submitter sends. */

#include "object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vouch_refusal why;
	struct vouch_object object;
	int ret = vouch_object_read(data, size, &object, &why);

	if (!ret)
		vouch_object_has32(&object, 1);
	else if (ret != -EPERM || !why.text[0])
		__builtin_trap();
	vouch_object_release(&object);
	return 0;
}
