// SPDX-License-Identifier: GPL-2.0-only
/* Operations of maps without keys: r1 map, r2 value, r3 flags. */

#include "helpers/map_ops.h"
#include "maps/queue.h"

VOUCH_HELPER(queue_push)
{
	return (u32)vouch_queue_push(vouch_map_of(r1), vouch_map_ptr(r2), r3);
}

#define TAKE(name, call)                                               \
	VOUCH_HELPER(name)                                             \
	{                                                              \
		return (u32)call(vouch_map_of(r1), vouch_map_ptr(r2)); \
	}
TAKE(queue_pop, vouch_queue_pop)
TAKE(queue_peek, vouch_queue_peek)
TAKE(stack_pop, vouch_queue_pop)
TAKE(stack_peek, vouch_queue_peek)

/* The generic helpers return what they call with its sign, in 64 bits. */
VOUCH_HELPER(map_push)
{
	return vouch_map_of(r1)->ops->push(vouch_map_of(r1), vouch_map_ptr(r2),
					   r3);
}

VOUCH_HELPER(map_pop)
{
	return vouch_map_of(r1)->ops->pop(vouch_map_of(r1), vouch_map_ptr(r2));
}

VOUCH_HELPER(map_peek)
{
	return vouch_map_of(r1)->ops->peek(vouch_map_of(r1), vouch_map_ptr(r2));
}
