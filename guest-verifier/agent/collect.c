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

/* The maps of the object, by the kernel's numbers. */
struct maps {
	u32 ids[VOUCH_MAX_MAPS];
	u32 n;
};

/* The same for maps. */
static __le32 find_map(const struct maps *maps, u32 id)
{
	u32 i;

	for (i = 0; i < maps->n; i++)
		if (maps->ids[i] == id)
			return cpu_to_le32(i + 1);
	return 0;
}

static bool has_entries(const struct bpf_map *map)
{
	u32 type = bpf_map__type(map);

	return (type == BPF_MAP_TYPE_PROG_ARRAY ||
		vouch_map_holds_maps(type)) &&
	       bpf_map__key_size(map) == sizeof(u32) &&
	       bpf_map__max_entries(map) <= VOUCH_MAX_ENTRIES;
}

/* The programs or maps that libbpf put into a map; NULL if there are none, or
 * without memory. */
static __le32 *read_entries(const struct vouch_load *load,
			    const struct maps *maps, struct bpf_map *map,
			    size_t *size)
{
	bool progs = bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY;
	u32 n = bpf_map__max_entries(map), i, id;
	__le32 *entries;
	bool any = false;

	if (!has_entries(map))
		return NULL;
	entries = calloc(n, sizeof(*entries));
	for (i = 0; entries && i < n; i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, &id))
			continue;
		entries[i] = progs ? find_prog(load, id) : find_map(maps, id);
		any |= entries[i];
	}
	if (any)
		*size = n * sizeof(*entries);
	else
		free(entries);
	return any ? entries : NULL;
}

/* What is stated of a map beside its sizes; a lock is the kernel's word. */
static __le32 extra_of(const struct bpf_map *map,
		       const struct vouch_guest_map *known)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_BLOOM_FILTER
		       ? cpu_to_le32((u32)bpf_map__map_extra(map))
		       : known->lock;
}

/* What the verifier knows of the maps in a map. */
static void write_template(const char *name,
			   const struct vouch_guest_map *known,
			   struct vouch_capture_writer *w)
{
	struct vouch_capture_map record = {
		.type = known->type,
		.key_size = known->key_size,
		.value_size = known->value_size,
		.max_entries = known->max_entries,
		.map_flags = known->map_flags,
	};

	snprintf(record.name, sizeof(record.name), "%.*s" VOUCH_TEMPLATE_SUFFIX,
		 (int)(sizeof(record.name) - sizeof(VOUCH_TEMPLATE_SUFFIX)),
		 name);
	vouch_capture_write_record(w, VOUCH_RECORD_TEMPLATE, &record,
				   sizeof(record), NULL, 0);
}

static int write_map(const struct vouch_load *load, const struct maps *maps,
		     struct bpf_map *map, u32 index,
		     struct vouch_capture_writer *w)
{
	const char *name = vouch_load_map_name(map);
	struct vouch_guest_map known;
	int err = vouch_guest_map(load->guest_fd, bpf_map__fd(map), &known);
	u32 flags = le32_to_cpu(known.flags);
	size_t size = 0;
	const void *data = bpf_map__is_internal(map)
				   ? bpf_map__initial_value(map, &size)
				   : NULL;
	__le32 *entries = read_entries(load, maps, map, &size);
	struct vouch_capture_map record = {
		.type = cpu_to_le32(bpf_map__type(map)),
		.key_size = cpu_to_le32(bpf_map__key_size(map)),
		.value_size = cpu_to_le32(bpf_map__value_size(map)),
		.max_entries = cpu_to_le32(bpf_map__max_entries(map)),
		.map_flags = cpu_to_le32(bpf_map__map_flags(map)),
		.extra = extra_of(map, &known),
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
	if (known.type)
		write_template(name, &known, w);
	return err;
}

static bool fail_map(struct vouch_load *load, const struct bpf_map *map,
		     int err)
{
	return vouch_load_fail(load, "asking the kernel about map %s: %s",
			       bpf_map__name(map), strerror(err));
}

/* An object with more maps than there is room for is not loaded. */
static bool number_maps(struct vouch_load *load, struct maps *maps)
{
	struct bpf_map *map;

	maps->n = 0;
	bpf_object__for_each_map(map, load->bpf) {
		struct bpf_map_info info = { 0 };
		u32 len = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len))
			return fail_map(load, map, errno);
		maps->ids[maps->n++] = info.id;
	}
	return true;
}

static bool write_maps(struct vouch_load *load, const struct maps *maps,
		       struct vouch_capture_writer *w)
{
	struct bpf_map *map;
	u32 i = 0;
	int err;

	bpf_object__for_each_map(map, load->bpf) {
		err = write_map(load, maps, map, i++, w);
		if (err)
			return fail_map(load, map, -err);
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
	struct maps maps;
	int err;
	u32 i;

	write_env(load, kernel, privileges, hash, w);
	if (!number_maps(load, &maps) || !write_maps(load, &maps, w))
		return false;
	for (i = 0; i < load->n_progs; i++)
		if (!write_prog(load, &load->progs[i], maps.ids, maps.n, w))
			return false;
	err = vouch_capture_write_finish(w);
	return !err || vouch_load_fail(load, "building the capture: %s",
				       strerror(-err));
}
