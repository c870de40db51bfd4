// SPDX-License-Identifier: GPL-2.0-only
/* Operations of bloom filters: r1 map, r2 value, r3 flags. */

#include "helpers/map_ops.h"
#include "maps/bloom.h"

VOUCH_HELPER(bloom_push)
{
	return (u32)vouch_bloom_push(vouch_map_of(r1), vouch_map_ptr(r2), r3);
}

VOUCH_HELPER(bloom_peek)
{
	return (u32)vouch_bloom_peek(vouch_map_of(r1), vouch_map_ptr(r2));
}
