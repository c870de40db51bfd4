// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records in arrays of perf events; the meaning is that of
 * kernel/trace/bpf_trace.c. r1 context, r2 map, r3 flags, r4 data, r5 bytes.
 */

#include <linux/bpf.h>
#include <linux/string.h>

#include "helpers/export.h"
#include "maps/ringbuf.h"

static vouch_untraced long output(u64 r2, u64 flags, u64 r4, u64 len)
{
	struct vouch_map *map =
		((struct vouch_map_block *)(unsigned long)r2)->map;
	long err;
	u8 *to;

	if (unlikely(flags & ~BPF_F_INDEX_MASK))
		return -EINVAL;
	err = vouch_perf_array_begin(map, flags, len, &to);
	if (err)
		return err;
	memcpy(to, (void *)(unsigned long)r4, len);
	vouch_perf_array_end(to);
	return 0;
}

/* The verifier kernel has one for each kind of context. */
VOUCH_HELPER(perf_event_output)
{
	return output(r2, r3, r4, r5);
}

VOUCH_HELPER(perf_event_output_tp)
{
	return output(r2, r3, r4, r5);
}

VOUCH_HELPER(perf_event_output_raw_tp)
{
	return output(r2, r3, r4, r5);
}
