/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps that programs write records to. */
#ifndef VOUCH_RINGBUF_H
#define VOUCH_RINGBUF_H

#include "maps/map.h"
#include "maps/ring.h"

/**
 * vouch_perf_array_begin() - begin a record in an array of perf events.
 * @map: the array
 * @index: of the entry, or BPF_F_CURRENT_CPU
 * @len: bytes of the record's data
 * @data: set to where they belong
 *
 * Preemption is off until vouch_perf_array_end(), if there was no error.
 *
 * Return: 0, -E2BIG beyond the array, -EOPNOTSUPP for another CPU's entry,
 * -ENOENT for that of no CPU, -ENOSPC if there is no room.
 */
long vouch_perf_array_begin(struct vouch_map *map, u64 index, u64 len,
			    u8 **data);

/**
 * vouch_perf_array_end() - end a record.
 * @data: of vouch_perf_array_begin()
 */
void vouch_perf_array_end(u8 *data);

#endif /* VOUCH_RINGBUF_H */
