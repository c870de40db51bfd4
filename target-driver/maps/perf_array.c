// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays of perf events, as far as programs write records to them.
 *
 * On a kernel with BPF, user space puts a perf event of its own into each
 * entry, one per CPU, and reads that event's ring. Here each entry has a ring
 * from the start, which stays as long as the map does, whoever closes what; the
 * agent reads it. Counters of the hardware, which programs could read by such
 * an array, are not there.
 */

#include <linux/bpf.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "maps/absent.h"
#include "maps/output.h"
#include "maps/ringbuf.h"

static uint record_kib = 64;
module_param(record_kib, uint, 0444);
MODULE_PARM_DESC(record_kib,
		 "KiB for the records of a perf event array, for each CPU");

/* Time in front of a record's data. */
#define TIME_LEN sizeof(u64)

static u64 ring_size(void)
{
	u64 size = clamp_t(u64, record_kib, PAGE_SIZE >> 10, 1u << 20) << 10;

	return roundup_pow_of_two(size);
}

static int check(const struct vouch_map_def *def)
{
	return def->key_size == sizeof(u32) && def->value_size == sizeof(u32)
		       ? 0
		       : -EINVAL;
}

static u64 memory(const struct vouch_map_def *def)
{
	return def->array_value +
	       vouch_ring_memory(ring_size()) * num_possible_cpus();
}

static void release(struct vouch_map *map)
{
	int cpu;

	if (map->rings)
		for_each_possible_cpu(cpu)
			vouch_ring_free(per_cpu_ptr(map->rings, cpu));
	free_percpu(map->rings);
	vfree(map->block);
}

static int init(struct vouch_map *map)
{
	int cpu, err = 0;

	map->block = vzalloc(map->def.array_value);
	map->rings = alloc_percpu(struct vouch_ring);
	if (!map->block || !map->rings)
		err = -ENOMEM;
	for_each_possible_cpu(cpu)
		if (!err)
			err = vouch_ring_init(per_cpu_ptr(map->rings, cpu),
					      ring_size());
	if (err)
		release(map);
	return err;
}

/* The verifier kernel has a perf event of its CPU in each entry. */
static vouch_untraced long check_entry(const struct vouch_map *map, u64 index)
{
	if (index == BPF_F_CURRENT_CPU)
		index = smp_processor_id();
	if (unlikely(index >= map->def.max_entries))
		return -E2BIG;
	if (unlikely(index >= nr_cpu_ids))
		return -ENOENT; /* no CPU has an event to put there */
	return likely(index == smp_processor_id()) ? 0 : -EOPNOTSUPP;
}

vouch_untraced long vouch_perf_array_begin(struct vouch_map *map, u64 index,
					   u64 len, u8 **data)
{
	u64 now = ktime_get_mono_fast_ns();
	long err;
	u8 *to;

	preempt_disable();
	err = check_entry(map, index);
	if (!err) {
		to = vouch_ring_reserve(this_cpu_ptr(map->rings),
					TIME_LEN + len);
		if (likely(to)) {
			memcpy(to, &now, TIME_LEN);
			*data = to + TIME_LEN;
			return 0;
		}
		err = -ENOSPC;
	}
	preempt_enable();
	return err;
}

vouch_untraced void vouch_perf_array_end(u8 *data)
{
	vouch_ring_commit(data - TIME_LEN, false);
	preempt_enable();
}

static void take(struct vouch_map *map, struct vouch_taken *out)
{
	int cpu;

	for_each_possible_cpu(cpu)
		vouch_ring_take(per_cpu_ptr(map->rings, cpu), TIME_LEN, cpu,
				out);
}

static u32 count(struct vouch_map *map)
{
	return min_t(u32, map->def.max_entries, num_possible_cpus());
}

const struct vouch_map_ops vouch_perf_event_array_ops = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.name = "perf_event_array",
	.map_flags = BPF_F_PRESERVE_ELEMS, /* as they are anyway */
	.check = check,
	.memory = memory,
	.init = init,
	.free = release,
	.lookup = vouch_absent_lookup,
	.update = vouch_absent_update,
	.remove = vouch_absent_remove,
	.for_each = vouch_absent_for_each,
	.copy = vouch_absent_copy,
	.store = vouch_absent_store,
	.next_key = vouch_absent_next_key,
	.count = count,
	.take = take,
};
