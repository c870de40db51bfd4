// SPDX-License-Identifier: GPL-2.0-only
/* Loops over a function of the image; the meaning is kernel/bpf/bpf_iter.c's.
 */

#include <linux/bpf.h>

#include "helpers/export.h"
#include "maps/map.h"

/* r1 times, r2 function, r3 what it is given, r4 flags */
VOUCH_HELPER(loop)
{
	vouch_callback_fn call = (void *)(unsigned long)r2;
	u32 n = r1, i;

	if (r4)
		return -EINVAL;
	if (n > BPF_MAX_LOOPS)
		return -E2BIG;
	for (i = 0; i < n; i++)
		if (call(i, r3, 0, 0, 0))
			return i + 1;
	return i;
}
