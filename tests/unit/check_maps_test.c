// SPDX-License-Identifier: BSD-2-Clause
/* Maps must be those of the object, as the options change them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "../../host-bridge/check_maps.h"
#include "check_fixture.h"

static void fresh(struct fixture *f)
{
	fixture_release(f);
	fixture_init(f);
}

static void another_number_is_refused_by_name(void **state)
{
	static const struct {
		u32 map;
		size_t at; /* in the record */
		u32 value;
		const char *text;
	} rows[] = {
#define AT(field) offsetof(struct vouch_capture_map, field)
		{ 0, AT(type), BPF_MAP_TYPE_ARRAY, "type is 2 " },
		{ 0, AT(key_size), 8, "key size is 8 " },
		{ 0, AT(value_size), 4, "value size is 4 " },
		{ 0, AT(max_entries), 1001, "entries is 1001 " },
		{ 0, AT(map_flags), BPF_F_NO_PREALLOC, "flags is 1 " },
		{ 0, AT(flags), VOUCH_MAP_PINNED, "kind is 2 " },
		{ 0, AT(flags), VOUCH_MAP_LOCK, "kind is 8 " },
		{ 1, AT(map_flags), BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
		  "flags is 1152 " },
		{ 1, AT(flags), VOUCH_MAP_INTERNAL | VOUCH_MAP_FROZEN,
		  "kind is 5 " },
		{ 1, AT(data_len), 0, "length of values is 0 " },
#undef AT
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		__le32 value = cpu_to_le32(rows[i].value);

		fresh(f);
		memcpy((u8 *)&f->maps[rows[i].map] + rows[i].at, &value,
		       sizeof(value));
		refused(f, rows[i].text, f->maps[rows[i].map].name);
	}
}

static void sizes_of_zero_are_refused(void **state)
{
	struct fixture *f = *state;
	__le32 *sizes[] = { &f->maps[0].key_size, &f->maps[0].value_size,
			    &f->maps[0].max_entries };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		__le32 size = *sizes[i];

		*sizes[i] = 0;
		refused(f, "a size that no map of type hash has",
			f->maps[0].name);
		*sizes[i] = size;
	}
}

static void a_ring_buffer_has_no_sizes(void **state)
{
	struct fixture *f = *state;

	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_RINGBUF);
	refused(f, "a size that no map of type ringbuf has", "counters");
	f->maps[0].key_size = 0;
	refused(f, "a size that no map of type ringbuf has", "counters");
	f->maps[0].value_size = 0;
	refused(f, "type is 27 in the capture, but 1", "counters");
}

/* One map of an object that the fixture has not; 0 or -EPERM. */
static int check_one(const struct fixture *f, u32 own_entries, u32 stated,
		     u32 *entries)
{
	struct vouch_object_map own = {
		.name = "events",
		.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
		.key_size = 4,
		.value_size = 4,
		.max_entries = own_entries,
	};
	const struct vouch_object object = { .maps = &own, .n_maps = 1 };
	struct vouch_capture_env env = { .nr_cpus = cpu_to_le32(2) };
	struct vouch_capture_map map = {
		.name = "events",
		.type = cpu_to_le32(BPF_MAP_TYPE_PERF_EVENT_ARRAY),
		.key_size = cpu_to_le32(4),
		.value_size = cpu_to_le32(4),
		.max_entries = cpu_to_le32(stated),
	};
	struct vouch_capture_map_view view = { .map = &map };
	const struct vouch_capture_view cap = {
		.env = &env,
		.maps = &view,
		.n_maps = 1,
	};
	struct vouch_refusal why;

	return vouch_maps_check(&cap, &object, f->target, entries, &why);
}

static void perf_events_are_as_many_as_cpus(void **state)
{
	struct fixture *f = *state;
	u32 entries = 77;

	accepted(f); /* which reads the profile */
	assert_int_equal(check_one(f, 0, 2, &entries), 0);
	assert_int_equal(entries, 0); /* as many as the target has */
	assert_int_equal(check_one(f, 0, 3, &entries), -EPERM);
	assert_int_equal(check_one(f, 3, 3, &entries), 0);
	assert_int_equal(entries, 3);
	assert_int_equal(check_one(f, 3, 2, &entries), -EPERM);
}

static void hash_functions_are_the_objects(void **state)
{
	struct vouch_object_map own = {
		.name = "seen",
		.type = BPF_MAP_TYPE_BLOOM_FILTER,
		.value_size = 8,
		.max_entries = 100,
		.extra = 3,
	};
	const struct vouch_object object = { .maps = &own, .n_maps = 1 };
	struct vouch_capture_env env = { .nr_cpus = cpu_to_le32(2) };
	struct vouch_capture_map map = {
		.name = "seen",
		.type = cpu_to_le32(BPF_MAP_TYPE_BLOOM_FILTER),
		.value_size = cpu_to_le32(8),
		.max_entries = cpu_to_le32(100),
		.extra = cpu_to_le32(3),
	};
	struct vouch_capture_map_view view = { .map = &map };
	const struct vouch_capture_view cap = {
		.env = &env,
		.maps = &view,
		.n_maps = 1,
	};
	struct fixture *f = *state;
	struct vouch_refusal why;
	u32 entries;

	accepted(f); /* which reads the profile */
	assert_int_equal(
		vouch_maps_check(&cap, &object, f->target, &entries, &why), 0);
	own.extra = 4;
	assert_int_equal(
		vouch_maps_check(&cap, &object, f->target, &entries, &why),
		-EPERM);
	assert_non_null(strstr(why.text, "extra is 3 in the capture, but 4"));
}

static void another_value_is_refused(void **state)
{
	struct fixture *f = *state;

	f->data[1][15] = 1;
	refused(f, "another value", "byte 15");
	f->data[1][15] = 0;
	f->data[1][0] = 0;
	refused(f, "map .data", "byte 0");
}

static void maps_must_be_the_objects(void **state)
{
	struct fixture *f = *state;

	memcpy(f->maps[0].name, "other\0\0", 8);
	refused(f, "the object has not", "other");
	fresh(f);
	f->maps[2] = f->maps[0];
	f->n_maps = 3;
	refused(f, "twice", "counters");
	f->n_maps = 2;
	fixture_strip(f);
	refused(f, "the object has not", "counters");
}

/* Programs without references need none of the maps, which is no excuse. */
static void no_map_may_be_missing(void **state)
{
	struct fixture *f = *state;

	f->funcs[0] = f->funcs[1];
	fixture_aim(f, 0, f->funcs[0].len - 5, FIXTURE_THUNK);
	f->n_funcs = 1;
	f->prog.stack_depth = 0;
	f->n_maps = 1;
	refused(f, "the capture has not", ".data");
	f->n_maps = 2;
	accepted(f);
}

static void entries_follow_the_options(void **state)
{
	struct fixture *f = *state;

	f->options = "{\"map_entries\": {\"counters\": 7}}";
	refused(f, "entries is 1000 in the capture, but 7", "counters");
	f->maps[0].max_entries = cpu_to_le32(7);
	accepted(f);
	f->options = NULL;
	refused(f, "entries is 7 in the capture, but 1000", "counters");
	f->options = "{\"map_entries\": {\"else\": 7}}";
	refused(f, "no map else", "map_entries");
	f->options = "{\"map_entries\": {\".data\": 7}}";
	refused(f, "no map .data", "map_entries");
}

static void definitions_follow_the_options(void **state)
{
	struct fixture *f = *state;

	f->options = "{\"map_value_sizes\": {\"counters\": 24}}";
	refused(f, "value size is 8 in the capture, but 24", "counters");
	f->maps[0].value_size = cpu_to_le32(24);
	accepted(f);
	f->options = "{\"map_key_sizes\": {\"counters\": 12}, "
		     "\"map_value_sizes\": {\"counters\": 24}}";
	refused(f, "key size is 4 in the capture, but 12", "counters");
	f->options = "{\"map_types\": {\"counters\": \"lru_hash\"}}";
	f->maps[0].value_size = cpu_to_le32(8);
	refused(f, "type is 1 in the capture, but 9", "counters");
	f->options = "{\"map_types\": {\"else\": \"hash\"}}";
	refused(f, "no map else", "map_types");
	f->options = "{\"map_key_sizes\": {\".data\": 7}}";
	refused(f, "no map .data", "map_key_sizes");
	f->options = "{\"map_value_sizes\": {\".data\": 7}}";
	refused(f, "no map .data", "map_value_sizes");
}

/* Facts are in ascending order. */
static void insert_fact(struct fixture *f, u32 at, const char *structure,
			const char *field, u32 offset, u32 size)
{
	struct vouch_capture_fact new;

	memset(&f->facts[f->n_facts], 0, sizeof(new));
	add_fact(f, structure, field, offset, size);
	new = f->facts[f->n_facts - 1];
	memmove(&f->facts[at + 1], &f->facts[at],
		(f->n_facts - 1 - at) * sizeof(new));
	f->facts[at] = new;
}

static void where_elements_are_marked_must_be_stated(void **state)
{
	struct fixture *f = *state;

	f->maps[0].type = cpu_to_le32(BPF_MAP_TYPE_LRU_HASH);
	refused(f, "htab_elem.lru_node", "does not state");
	insert_fact(f, 1, "bpf_lru_node", "ref", 19, 1);
	insert_fact(f, 4, "htab_elem", "lru_node", 32, 24);
	refused(f, "layout of maps", "is none");
	f->facts[4].offset = cpu_to_le32(16);
	refused(f, "lru_hash", "does not offer");
}

static void values_follow_the_options(void **state)
{
	static const struct {
		const char *options;
		u32 at;
		const char *bytes;
		u32 len;
	} rows[] = {
#define ROW(options, at, bytes) { options, at, bytes, sizeof(bytes) - 1 }
		ROW("{\"set\": {\"greeting\": \"hi\"}}", 0, "hi\0\0\0\0\0\0"),
		ROW("{\"set\": {\"limit\": \"0x1020\"}}", 8, "\x20\x10\0\0"),
		ROW("{\"set\": {\"limit\": \"4294967295\"}}", 8,
		    "\xff\xff\xff\xff"),
		ROW("{\"set\": {\"way\": \"DOWN\"}}", 12, "\xff\xff"),
		ROW("{\"set\": {\"way\": \"2\"}}", 12, "\x02\0"),
		ROW("{\"set\": {\"flag\": \"false\"}}", 14, "\0"),
#undef ROW
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("  %s\n", rows[i].options);
		fresh(f);
		f->options = rows[i].options;
		refused(f, "another value", "map .data");
		memcpy(f->data[1] + rows[i].at, rows[i].bytes, rows[i].len);
		accepted(f);
	}
}

static void values_of_no_variable_are_refused(void **state)
{
	static const char *const rows[][3] = {
		{ "{\"set\": {\"else\": \"1\"}}", "no variable", "else" },
		{ "{\"set\": {\"counters\": \"1\"}}", "no variable",
		  "counters" },
		{ "{\"set\": {\"limit\": \"4294967296\"}}", "no value",
		  "limit" },
		{ "{\"set\": {\"limit\": \"-1\"}}", "no value", "limit" },
		{ "{\"set\": {\"limit\": \"\"}}", "no value", "limit" },
		{ "{\"set\": {\"limit\": \"1x\"}}", "no value", "limit" },
		{ "{\"set\": {\"greeting\": \"12345678\"}}", "no value",
		  "greeting" },
		{ "{\"set\": {\"way\": \"LEFT\"}}", "no value", "way" },
		{ "{\"set\": {\"flag\": \"2\"}}", "no value", "flag" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fresh(f);
		f->options = rows[i][0];
		refused(f, rows[i][1], rows[i][2]);
	}
}

static void *find(struct fixture *f, const void *bytes, size_t len)
{
	void *at = memmem(f->object, f->object_len, bytes, len);

	assert_non_null(at);
	return at;
}

static void malformed_types_are_refused(void **state)
{
	struct fixture *f = *state;
	u8 *btf = find(f, "\x9f\xeb\x01\0\x18\0\0\0", 8);

	btf[0] ^= 1; /* magic */
	refused(f, "types", "object");
	btf[0] ^= 1;
	btf[8] += 2; /* where types begin */
	refused(f, "types", "object");
	btf[8] -= 2;
	btf[12] -= 4; /* how long they are */
	refused(f, "types", "object");
	btf[12] += 4;
	btf[24 + 7] = 31; /* of a kind that there is not */
	refused(f, "types", "object");
}

static void malformed_definitions_are_refused(void **state)
{
	struct fixture *f = *state;
	char *name;

	/* The member "type", a number, becomes the size of the key's type. */
	name = find(f, "key_size", 9);
	memcpy(name, "key\0\0\0\0\0", 9);
	f->maps[0].key_size = cpu_to_le32(16);
	accepted(f);
	/* The other way round a size is no number. */
	fresh(f);
	name = find(f, "value", 6);
	memcpy(name, "type", 5);
	refused(f, "definition", "counters");
}

static void programs_that_are_not_named_are_refused(void **state)
{
	struct fixture *f = *state;

	f->options = "{\"programs\": [\"other\", \"xdp-test\"]}";
	accepted(f);
	f->options = "{\"programs\": [\"other\"]}";
	refused(f, "does not name it", "xdp-test");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(another_number_is_refused_by_name),
		T(sizes_of_zero_are_refused),
		T(a_ring_buffer_has_no_sizes),
		T(perf_events_are_as_many_as_cpus),
		T(hash_functions_are_the_objects),
		T(another_value_is_refused),
		T(maps_must_be_the_objects),
		T(no_map_may_be_missing),
		T(entries_follow_the_options),
		T(definitions_follow_the_options),
		T(where_elements_are_marked_must_be_stated),
		T(values_follow_the_options),
		T(values_of_no_variable_are_refused),
		T(malformed_types_are_refused),
		T(malformed_definitions_are_refused),
		T(programs_that_are_not_named_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
