// SPDX-License-Identifier: BSD-2-Clause
/* From a loaded object to its capture. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"
#include "kernel.h"
#include "load.h"

static void write_env(struct vouch_load *load,
		      const struct vouch_kernel *kernel, u32 privileges,
		      const u8 hash[VOUCH_HASH_LEN],
		      struct vouch_capture_writer *w)
{
	struct vouch_capture_env env = kernel->env;
	u32 i;

	memcpy(env.license, load->object->license, sizeof(env.license));
	memcpy(env.object, hash, sizeof(env.object));
	memcpy(env.layout, load->target->layout, sizeof(env.layout));
	memcpy(env.retarget, load->target->retarget, sizeof(env.retarget));
	env.privileges = cpu_to_le32(privileges);
	vouch_capture_write_record(w, VOUCH_RECORD_ENV, &env, sizeof(env), NULL,
				   0);
	for (i = 0; i < kernel->n_facts; i++)
		vouch_capture_write_record(w, VOUCH_RECORD_FACT,
					   &kernel->facts[i],
					   sizeof(kernel->facts[i]), NULL, 0);
}

/* Which program an entry is: 1 for the first one, 0 for none or another. */
static __le32 find_prog(const struct vouch_load *load, u32 id)
{
	u32 i;

	for (i = 0; i < load->n_progs; i++) {
		struct bpf_prog_info info = { 0 };
		u32 len = sizeof(info);
		int fd = bpf_program__fd(load->progs[i].prog);

		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.id == id)
			return cpu_to_le32(i + 1);
	}
	return 0;
}

/* The entries of a prog array that libbpf filled; NULL if there are none, or
 * without memory. */
static __le32 *read_entries(const struct vouch_load *load, struct bpf_map *map,
			    size_t *size)
{
	u32 n = bpf_map__max_entries(map), i, id;
	__le32 *entries;
	bool any = false;

	if (bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY ||
	    n > VOUCH_MAX_ENTRIES)
		return NULL;
	entries = calloc(n, sizeof(*entries));
	for (i = 0; entries && i < n; i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, &id))
			continue;
		entries[i] = find_prog(load, id);
		any |= entries[i];
	}
	if (any)
		*size = n * sizeof(*entries);
	else
		free(entries);
	return any ? entries : NULL;
}

/* What is stated of a map beside its sizes; a lock is the kernel's word. */
static int read_extra(const struct vouch_load *load, struct bpf_map *map,
		      u32 *flags, u32 *extra)
{
	if (bpf_map__type(map) == BPF_MAP_TYPE_BLOOM_FILTER) {
		*extra = (u32)bpf_map__map_extra(map);
		return 0;
	}
	return vouch_guest_lock(load->guest_fd, bpf_map__fd(map), flags, extra);
}

static int write_map(const struct vouch_load *load, struct bpf_map *map,
		     u32 index, struct vouch_capture_writer *w)
{
	const char *name = vouch_load_map_name(map);
	u32 flags = 0, extra = 0;
	int err = read_extra(load, map, &flags, &extra);
	size_t size = 0;
	const void *data = bpf_map__is_internal(map)
				   ? bpf_map__initial_value(map, &size)
				   : NULL;
	__le32 *entries = read_entries(load, map, &size);
	struct vouch_capture_map record = {
		.type = cpu_to_le32(bpf_map__type(map)),
		.key_size = cpu_to_le32(bpf_map__key_size(map)),
		.value_size = cpu_to_le32(bpf_map__value_size(map)),
		.max_entries = cpu_to_le32(bpf_map__max_entries(map)),
		.map_flags = cpu_to_le32(bpf_map__map_flags(map)),
		.extra = cpu_to_le32(extra),
	};

	/* It fits: names were judged when the object was opened. */
	memcpy(record.name, name, strnlen(name, sizeof(record.name) - 1));
	if (bpf_map__is_internal(map))
		flags |= VOUCH_MAP_INTERNAL;
	if (bpf_map__is_internal(map) &&
	    bpf_map__map_flags(map) & BPF_F_RDONLY_PROG)
		flags |= VOUCH_MAP_FROZEN;
	if (load->pinned_maps[index / 32] & 1u << index % 32)
		flags |= VOUCH_MAP_PINNED;
	record.flags = cpu_to_le32(flags);
	if (entries)
		data = entries;
	record.data_len = cpu_to_le32(data ? size : 0);
	vouch_capture_write_record(w, VOUCH_RECORD_MAP, &record, sizeof(record),
				   data, data ? size : 0);
	free(entries);
	return err;
}

static bool write_maps(struct vouch_load *load, u32 *ids, u32 *n,
		       struct vouch_capture_writer *w)
{
	struct bpf_map *map;
	int err;

	*n = 0;
	bpf_object__for_each_map(map, load->bpf) {
		struct bpf_map_info info = { 0 };
		u32 len = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len))
			return vouch_load_fail(
				load, "asking the kernel about map %s: %s",
				bpf_map__name(map), strerror(errno));
		ids[*n] = info.id;
		err = write_map(load, map, *n, w);
		if (err)
			return vouch_load_fail(
				load, "asking the kernel about map %s: %s",
				bpf_map__name(map), strerror(-err));
		++*n;
	}
	return true;
}

/* The module leaves to the agent what libbpf knows. */
static void name_prog(struct bpf_program *prog,
		      const struct vouch_guest_records *records)
{
	struct vouch_capture_prog *p =
		(void *)(records->buf + sizeof(struct vouch_capture_record));
	const char *name = bpf_program__name(prog);
	const char *section = bpf_program__section_name(prog);

	memcpy(p->name, name, strnlen(name, sizeof(p->name) - 1));
	memcpy(p->section, section, strnlen(section, sizeof(p->section) - 1));
	p->attach_type = cpu_to_le32(bpf_program__expected_attach_type(prog));
}

static bool write_prog(struct vouch_load *load,
		       const struct vouch_load_prog *lp, const u32 *map_ids,
		       u32 n_maps, struct vouch_capture_writer *w)
{
	struct vouch_guest_records records;
	int err = vouch_guest_take(
		load->guest_fd, lp->log_buf, bpf_program__fd(lp->prog),
		bpf_program__type(lp->prog), map_ids, n_maps, &records);

	if (err)
		return vouch_load_fail(load, "capturing program %s: %s (%s)",
				       bpf_program__name(lp->prog), records.why,
				       strerror(-err));
	name_prog(lp->prog, &records);
	vouch_capture_write_raw(w, records.buf, records.len, records.n);
	free(records.buf);
	return true;
}

bool vouch_collect_capture(struct vouch_load *load,
			   const struct vouch_kernel *kernel, u32 privileges,
			   const u8 hash[VOUCH_HASH_LEN],
			   struct vouch_capture_writer *w)
{
	u32 i, n_maps, map_ids[VOUCH_MAX_MAPS];
	int err;

	write_env(load, kernel, privileges, hash, w);
	if (!write_maps(load, map_ids, &n_maps, w))
		return false;
	for (i = 0; i < load->n_progs; i++)
		if (!write_prog(load, &load->progs[i], map_ids, n_maps, w))
			return false;
	err = vouch_capture_write_finish(w);
	return !err || vouch_load_fail(load, "building the capture: %s",
				       strerror(-err));
}
