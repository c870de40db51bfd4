// SPDX-License-Identifier: BSD-2-Clause
/* Set what programs read, print what they wrote. */

#include "native.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES 64 /* of a perf buffer */
#define LARGEST (64 << 10) /* key or value, all CPUs' */

/* Where records are printed for. */
struct outlet {
	const char *row, *map;
};

int native_bytes(const char *hex, void *out, size_t size)
{
	unsigned char *at = out;
	unsigned int byte;
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		if (n == size || sscanf(hex, "%2x", &byte) != 1)
			return -EINVAL;
		at[n++] = byte;
	}
	return *hex ? -EINVAL : (int)n;
}

static int set_bytes(struct native_row *row, char **words)
{
	struct bpf_map *map =
		bpf_object__find_map_by_name(row->object, words[1]);
	size_t size = 0, at = strtoul(words[2], NULL, 10);
	const void *initial = map ? bpf_map__initial_value(map, &size) : NULL;
	char *data;
	int err;

	if (!initial || at >= size)
		return -ENOENT;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	memcpy(data, initial, size);
	err = native_bytes(words[3], data + at, size - at);
	if (err >= 0)
		err = bpf_map__set_initial_value(map, data, size);
	free(data);
	return err;
}

int native_prepare(struct native_row *row, char **words)
{
	struct bpf_program *p;
	struct bpf_map *map;

	if (!strcmp(words[0], "set"))
		return set_bytes(row, words);
	if (!strcmp(words[0], "use")) {
		p = bpf_object__find_program_by_name(row->object, words[1]);
		return p ? bpf_program__set_autoload(p, true) : -ENOENT;
	}
	if (!strcmp(words[0], "entries")) {
		map = bpf_object__find_map_by_name(row->object, words[1]);
		return map ? bpf_map__set_max_entries(
				     map, strtoul(words[2], NULL, 10))
			   : -ENOENT;
	}
	return -EINVAL;
}

static size_t value_size(const struct bpf_map *map)
{
	size_t size = bpf_map__value_size(map);

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
		return (size + 7) / 8 * 8 * libbpf_num_possible_cpus();
	default:
		return size;
	}
}

int native_value(struct native_row *row, char **words)
{
	static char key[LARGEST], value[LARGEST];
	struct bpf_map *map =
		bpf_object__find_map_by_name(row->object, words[0]);

	if (!map || value_size(map) > LARGEST)
		return -ENOENT;
	memset(value, 0, sizeof(value));
	if (native_bytes(words[1], key, sizeof(key)) !=
		    (int)bpf_map__key_size(map) ||
	    native_bytes(words[2], value, bpf_map__value_size(map)) < 0)
		return -EINVAL;
	/* One CPU is all that there is. */
	return bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY)
		       ? -errno
		       : 0;
}

static void print_hex(const void *data, size_t size)
{
	const unsigned char *at = data;

	for (size_t i = 0; at && i < size; i++)
		printf("%02x", at[i]);
}

static void print_line(const struct outlet *out, const void *key,
		       size_t key_size, const void *value, size_t size)
{
	printf("VOUCH-OUT\t%s\t%s\t", out->row, out->map);
	print_hex(key, key_size);
	putchar('\t');
	print_hex(value, size);
	putchar('\n');
}

static int on_ring(void *outlet, void *data, size_t size)
{
	print_line(outlet, NULL, 0, data, size);
	return 0;
}

static void on_sample(void *outlet, int cpu, void *data, __u32 size)
{
	(void)cpu;
	print_line(outlet, NULL, 0, data, size);
}

static void on_lost(void *outlet, int cpu, __u64 count)
{
	const struct outlet *out = outlet;

	printf("not ok %s lost %llu records on CPU %d\n", out->row, count, cpu);
}

static int dump_elements(const struct bpf_map *map, const struct outlet *out)
{
	static char key[LARGEST], value[LARGEST];
	int fd = bpf_map__fd(map);
	const void *before = NULL;

	if (value_size(map) > LARGEST)
		return -E2BIG;
	while (!bpf_map_get_next_key(fd, before, key)) {
		if (bpf_map_lookup_elem(fd, key, value))
			return -errno;
		print_line(out, key, bpf_map__key_size(map), value,
			   value_size(map));
		before = key;
	}
	return 0;
}

static int dump_ring(const struct bpf_map *map, struct outlet *out)
{
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(map), on_ring, out, NULL);
	int n = ring ? ring_buffer__consume(ring) : -errno;

	return n < 0 ? n : 0;
}

/* Made before the workload runs, read after it. */
static struct {
	struct bpf_map *map;
	struct perf_buffer *buffer;
	struct outlet out;
} buffers[64];

static int open_buffer(struct bpf_map *map, const struct outlet *out)
{
	size_t i = 0;

	while (buffers[i].map)
		if (++i == sizeof(buffers) / sizeof(*buffers))
			return -E2BIG;
	buffers[i].out = *out;
	buffers[i].out.map = bpf_map__name(map);
	buffers[i].buffer = perf_buffer__new(bpf_map__fd(map), PAGES, on_sample,
					     on_lost, &buffers[i].out, NULL);
	if (!buffers[i].buffer)
		return -errno;
	buffers[i].map = map;
	return 0;
}

static int dump_buffer(const struct bpf_map *map)
{
	for (size_t i = 0; i < sizeof(buffers) / sizeof(*buffers); i++)
		if (buffers[i].map == map)
			return perf_buffer__consume(buffers[i].buffer);
	return -ENOENT;
}

int native_listen(struct native_row *row, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(row->object, name);
	const struct outlet out = { .row = row->name };

	return map ? open_buffer(map, &out) : -ENOENT;
}

int native_dump(struct native_row *row, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(row->object, name);
	struct outlet out = { .row = row->name, .map = name };

	if (!map)
		return -ENOENT;
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_RINGBUF:
		return dump_ring(map, &out);
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return dump_buffer(map);
	default:
		return dump_elements(map, &out);
	}
}
