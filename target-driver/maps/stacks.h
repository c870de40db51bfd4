/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps of stacks. */
#ifndef VOUCH_STACKS_H
#define VOUCH_STACKS_H

#include "maps/map.h"

/**
 * vouch_stacks_id() - find a stack in the map, or put it there.
 * @map: of type stack_trace
 * @ips: its addresses
 * @n: their number, at least 1; more than the map's values hold are cut off
 * @flags: BPF_F_FAST_STACK_CMP, BPF_F_REUSE_STACKID
 *
 * Return: its key; -EEXIST if another stack has that one, -ENOMEM if the map is
 * full.
 */
long vouch_stacks_id(struct vouch_map *map, const u64 *ips, u32 n, u64 flags);

#endif /* VOUCH_STACKS_H */
