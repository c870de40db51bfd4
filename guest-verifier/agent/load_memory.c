// SPDX-License-Identifier: BSD-2-Clause
/* Can an object's maps be made in the verifier VM, and what do they occupy? */

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/sysinfo.h>

#include "load.h"

static bool is_percpu(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return true;
	default:
		return false;
	}
}

/* Bytes of keys and values alone; no product of these is beyond 128 bits. */
static unsigned __int128 map_bytes(const struct bpf_map *map, u32 cpus)
{
	unsigned __int128 value = bpf_map__value_size(map);

	/* The entries of a ring buffer are its bytes. */
	if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
		return bpf_map__max_entries(map);
	if (is_percpu(map))
		value *= cpus;
	return (bpf_map__key_size(map) + value) * bpf_map__max_entries(map);
}

/* What the maps in a map are like, which the kernel must be shown one of. */
static bool has_template(struct vouch_load *load, struct bpf_map *map)
{
	return !vouch_map_holds_maps(bpf_map__type(map)) ||
	       bpf_map__inner_map(map) ||
	       vouch_load_refuse(
		       load, -1,
		       "map %s: the object does not say what the maps in it are like; define them there with __array(values, ...)",
		       vouch_load_map_name(map));
}

bool vouch_load_refuse_map(struct vouch_load *load, const struct bpf_map *map,
			   const char *why)
{
	return vouch_load_refuse(
		load, -1,
		"map %s: %u entries with keys of %u and values of %u bytes: %s; give it fewer entries (--map-entries), or the VM more memory",
		vouch_load_map_name(map), bpf_map__max_entries(map),
		bpf_map__key_size(map), bpf_map__value_size(map), why);
}

static bool refuse_room(struct vouch_load *load, const struct bpf_map *map,
			u64 room)
{
	char why[128];

	snprintf(
		why, sizeof(why),
		"the object's maps would occupy more than the %llu MiB that the verifier VM has for them",
		(unsigned long long)room >> 20);
	return vouch_load_refuse_map(load, map, why);
}

bool vouch_load_maps_fit(struct vouch_load *load)
{
	int cpus = libbpf_num_possible_cpus();
	unsigned __int128 used = 0;
	struct bpf_map *map;
	struct sysinfo info;
	u64 room;

	if (sysinfo(&info))
		return vouch_load_fail(load, "cannot ask for the VM's memory");
	/* The other half is for the verifier, whatever the object. */
	room = (u64)info.totalram * info.mem_unit / 2;
	bpf_object__for_each_map(map, load->bpf) {
		const struct bpf_map *inner = bpf_map__inner_map(map);

		if (!has_template(load, map))
			return false;
		used += map_bytes(map, cpus > 0 ? cpus : 1);
		/* The one that the kernel is shown. */
		if (inner)
			used += map_bytes(inner, cpus > 0 ? cpus : 1);
		if (used > room)
			return refuse_room(load, map, room);
	}
	return true;
}
