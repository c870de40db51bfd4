// SPDX-License-Identifier: GPL-2.0-only
/* Ring buffers; the meaning is that of kernel/bpf/ringbuf.c. */

#include <linux/bpf.h>
#include <linux/string.h>

#include "helpers/export.h"
#include "maps/ringbuf.h"

static __always_inline struct vouch_ring *ring_of(u64 r1)
{
	return ((struct vouch_map_block *)(unsigned long)r1)->map->ring;
}

static __always_inline void *ptr(u64 r)
{
	return (void *)(unsigned long)r;
}

VOUCH_HELPER(ringbuf_reserve)
{
	if (unlikely(r3))
		return 0;
	return (unsigned long)vouch_ring_reserve(ring_of(r1), r2);
}

/* User space asks for records, so there is nobody to be woken. */
VOUCH_HELPER(ringbuf_submit)
{
	vouch_ring_commit(ptr(r1), false);
	return 0;
}

VOUCH_HELPER(ringbuf_discard)
{
	vouch_ring_commit(ptr(r1), true);
	return 0;
}

VOUCH_HELPER(ringbuf_output)
{
	void *to;

	if (unlikely(r4 & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)))
		return -EINVAL;
	to = vouch_ring_reserve(ring_of(r1), r3);
	if (!to)
		return -EAGAIN;
	memcpy(to, ptr(r2), r3);
	vouch_ring_commit(to, false);
	return 0;
}

VOUCH_HELPER(ringbuf_query)
{
	const struct vouch_ring *ring = ring_of(r1);

	switch (r2) {
	case BPF_RB_AVAIL_DATA:
		return vouch_ring_used(ring);
	case BPF_RB_RING_SIZE:
		return (u32)ring->size;
	case BPF_RB_CONS_POS:
		return READ_ONCE(ring->consumer);
	case BPF_RB_PROD_POS:
		return READ_ONCE(ring->producer);
	default:
		return 0;
	}
}
