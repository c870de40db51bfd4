// SPDX-License-Identifier: BSD-2-Clause
/* The target agent's handling of what comes in: arguments of requests, the
 * file of floors, ELF notes. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* The agent is a program of its own; its files are tested as they are. */
#include "../../target-driver/agent/args.c"
#include "../../target-driver/agent/facts.c"
#include "../../target-driver/agent/floor.c"
#include "../../target-driver/agent/section.c"
#include "../../target-driver/agent/store.c"

/* A module with one slot, "old", whose floor is 2.5. */
static u32 n_told;

int vouch_device_call(int device, unsigned long request, void *arg,
		      const char *reason, struct vouch_failure *f)
{
	struct vouch_target_floor *floor = arg;

	(void)device;
	(void)reason;
	n_told++;
	if (strcmp(floor->slot, "old"))
		return 0;
	if (request == VOUCH_TARGET_FLOOR_GET) {
		floor->epoch = 2;
		floor->sequence = 5;
		return 0;
	}
	if (floor->epoch > 2 || (floor->epoch == 2 && floor->sequence >= 5))
		return 0;
	return vouch_fail(f, -EPERM, VOUCH_EXIT_REFUSED, "set a floor");
}

static json_t *read_json(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static void names(void **state)
{
	static const struct {
		const char *json;
		int err;
	} cases[] = {
		{ "{\"n\": \"abcdefg\"}", 0 },
		{ "{\"n\": \"abcdefgh\"}", -EINVAL }, /* 8 with its NUL */
		{ "{\"n\": \"\"}", -EINVAL },
		{ "{\"n\": \"a b\"}", -EINVAL },
		{ "{\"n\": \"a/b\"}", -EINVAL },
		{ "{\"n\": \"a\\\"\"}", -EINVAL },
		{ "{\"n\": \"\\u00e4\"}", -EINVAL },
		{ "{\"n\": 1}", -EINVAL },
		{ "{\"n\": [\"a\"]}", -EINVAL },
		{ "{\"n\": null}", -EINVAL },
		{ "{}", -EINVAL },
	};
	struct vouch_failure f;
	const char *name;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *args = read_json(cases[i].json);

		assert_int_equal(vouch_arg_name(args, "n", 8, true, &name, &f),
				 cases[i].err);
		if (cases[i].err)
			assert_int_equal(f.exit, VOUCH_EXIT_USAGE);
		json_decref(args);
	}
}

static void optional_name_may_be_null(void **state)
{
	struct vouch_failure f;
	const char *name = "x";
	json_t *args = read_json("{\"n\": null}");

	(void)state;
	assert_int_equal(vouch_arg_name(args, "n", 8, false, &name, &f), 0);
	assert_null(name);
	assert_int_equal(vouch_arg_name(args, "m", 8, false, &name, &f), 0);
	json_decref(args);
}

static void numbers(void **state)
{
	static const struct {
		const char *json;
		int err;
		u64 number;
	} cases[] = {
		{ "{\"n\": 10}", 0, 10 },
		{ "{\"n\": 0}", 0, 0 },
		{ "{}", 0, 7 },
		{ "{\"n\": null}", 0, 7 },
		{ "{\"n\": 11}", -EINVAL, 7 },
		{ "{\"n\": -1}", -EINVAL, 7 },
		{ "{\"n\": 1.0}", -EINVAL, 7 },
		{ "{\"n\": \"1\"}", -EINVAL, 7 },
		{ "{\"n\": true}", -EINVAL, 7 },
	};
	struct vouch_failure f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *args = read_json(cases[i].json);
		u64 number = 7;

		assert_int_equal(vouch_arg_number(args, "n", 10, &number, &f),
				 cases[i].err);
		assert_int_equal(number, cases[i].number);
		json_decref(args);
	}
}

static void bytes(void **state)
{
	static const struct {
		const char *json;
		int err;
	} cases[] = {
		{ "{\"k\": \"01ff\"}", 0 },
		{ "{\"k\": \"01FF\"}", -EINVAL },
		{ "{\"k\": \"01f\"}", -EINVAL },
		{ "{\"k\": \"01ff00\"}", -EINVAL },
		{ "{\"k\": \"0x01\"}", -EINVAL },
		{ "{\"k\": 1}", -EINVAL },
		{ "{}", -EINVAL },
	};
	struct vouch_failure f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *args = read_json(cases[i].json);
		u8 out[2] = { 0 };

		assert_int_equal(vouch_arg_bytes(args, "k", 2, out, &f),
				 cases[i].err);
		if (!cases[i].err)
			assert_memory_equal(out, "\x01\xff", 2);
		json_decref(args);
	}
}

static void packets(void **state)
{
	static const struct {
		const char *json;
		int err;
	} cases[] = {
		{ "{\"packets\": [60, 40]}", 0 },
		{ "{\"packets\": [100]}", 0 },
		{ "{\"packets\": [60, 41]}", -EINVAL },
		{ "{\"packets\": [60]}", -EINVAL },
		{ "{\"packets\": [100, 0]}", 0 },
		{ "{\"packets\": [101, -1]}", -EINVAL },
		{ "{\"packets\": [4294967396]}", -EINVAL },
		{ "{\"packets\": []}", -EINVAL },
		{ "{\"packets\": 100}", -EINVAL },
		{ "{\"packets\": [\"100\"]}", -EINVAL },
		{ "{}", -EINVAL },
	};
	const json_t *list;
	struct vouch_failure f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *args = read_json(cases[i].json);

		assert_int_equal(vouch_arg_packets(args, 100, &list, &f),
				 cases[i].err);
		json_decref(args);
	}
}

static void hooks(void **state)
{
	static const struct {
		const char *hook;
		bool ok;
	} cases[] = {
		{ "section", true },
		{ "xdp:eth0", true },
		{ "tc:eth0:ingress", true },
		{ "xdp:", false },
		{ ":eth0", false },
		{ "eth0", false },
		{ "", false },
		{ "xdp:a b", false },
		{ "xdp:\x7f", false },
	};
	char hook[VOUCH_TARGET_HOOK_LEN + 1];
	struct vouch_failure f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int err = vouch_arg_hook(cases[i].hook, &f);

		assert_int_equal(err, cases[i].ok ? 0 : -EINVAL);
	}
	memset(hook, 'x', sizeof(hook));
	hook[1] = ':';
	hook[sizeof(hook) - 1] = 0;
	assert_int_equal(vouch_arg_hook(hook, &f), -EINVAL);
	hook[sizeof(hook) - 2] = 0;
	assert_int_equal(vouch_arg_hook(hook, &f), 0);
}

static void sections(void **state)
{
	static const struct {
		const char *section, *hook;
	} cases[] = {
		{ "kprobe/do_exit", "kprobe:do_exit" },
		{ "kprobe/do_exit+0x10", "kprobe:do_exit+0x10" },
		{ "kretprobe/do_exit", "kretprobe:do_exit" },
		{ "tracepoint/task/task_rename",
		  "tracepoint:task:task_rename" },
		{ "tp/task/task_rename", "tracepoint:task:task_rename" },
		{ "raw_tp/task_rename", "raw_tp:task_rename" },
		{ "raw_tracepoint/task_rename", "raw_tp:task_rename" },
		{ "tp_btf/task_rename", "tp_btf:task_rename" },
		{ "ksyscall/openat", "kprobe:__x64_sys_openat" },
		{ "kretsyscall/openat", "kretprobe:__x64_sys_openat" },
		{ "ksyscall/", NULL },
		{ "kprobe/", NULL },
		{ "kprobe", NULL },
		{ "xdp", NULL },
		{ "tc", NULL },
	};
	char hook[VOUCH_TARGET_HOOK_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int err = vouch_section_hook(cases[i].section, hook);

		assert_int_equal(err, cases[i].hook ? 0 : -ENOENT);
		if (!err)
			assert_string_equal(hook, cases[i].hook);
	}
}

static int make_dir(void **state)
{
	static char dir[64];

	strcpy(dir, "/tmp/vouch-targetd-XXXXXX");
	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int remove_dir(void **state)
{
	vouch_store_remove(*state, FILE_NAME);
	vouch_store_remove(*state, TEMPORARY);
	return rmdir(*state);
}

static void put(const char *dir, const char *text)
{
	struct vouch_failure f;

	assert_int_equal(
		vouch_store_write(dir, FILE_NAME, text, strlen(text), &f), 0);
}

static void damaged_floors_are_refused(void **state)
{
	static const char *const texts[] = {
		"a 1\n",
		"a 1 1",
		"a 1 1 1\n",
		"a  1 1\n",
		"a 01 1\n",
		"a 0 1\n",
		"a 1 0\n",
		"a -1 1\n",
		"a 1 1\n\n",
		"a 1 1\na 1 2\n",
		"a/b 1 1\n",
		"a 4294967296 1\n",
		"a 1 99999999999999999999\n",
		"01234567890123456789012345678901 1 1\n",
	};
	struct vouch_floors floors = { 0 };
	struct vouch_failure f;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		put(*state, texts[i]);
		assert_int_equal(vouch_floors_load(*state, &floors, &f),
				 -EBADMSG);
		assert_int_equal(f.exit, VOUCH_EXIT_TRUST);
	}
}

static void too_many_floors_are_refused(void **state)
{
	struct vouch_floors floors = { 0 };
	struct vouch_failure f;
	char text[4096] = "";
	size_t n = 0;
	int i;

	for (i = 0; i <= VOUCH_MAX_FLOORS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "slot%d 1 1\n", i);
	put(*state, text);
	assert_int_equal(vouch_floors_load(*state, &floors, &f), -EBADMSG);
}

static void no_file_is_no_floor(void **state)
{
	struct vouch_floors floors = { .n = 9 };
	struct vouch_failure f;

	assert_int_equal(vouch_floors_load(*state, &floors, &f), 0);
	assert_int_equal(floors.n, 0);
}

static void floors_only_rise(void **state)
{
	struct vouch_floor to = { .slot = "a", .epoch = 1, .sequence = 3 };
	struct vouch_floors floors = { 0 }, stored;
	struct vouch_failure f;

	assert_int_equal(vouch_floors_raise(*state, -1, &floors, &to, &f), 0);
	to.sequence = 2;
	assert_int_equal(vouch_floors_raise(*state, -1, &floors, &to, &f), 0);
	assert_int_equal(vouch_floors_load(*state, &stored, &f), 0);
	assert_int_equal(stored.n, 1);
	assert_int_equal(stored.at[0].sequence, 3);
	to.epoch = 2;
	to.sequence = 1;
	assert_int_equal(vouch_floors_raise(*state, -1, &floors, &to, &f), 0);
	assert_int_equal(vouch_floors_load(*state, &stored, &f), 0);
	assert_int_equal(stored.at[0].epoch, 2);
	assert_int_equal(stored.at[0].sequence, 1);
}

static void floors_are_bounded(void **state)
{
	struct vouch_floor to = { .epoch = 1, .sequence = 1 };
	struct vouch_floors floors = { 0 };
	struct vouch_failure f;
	int i;

	for (i = 0; i <= VOUCH_MAX_FLOORS; i++) {
		snprintf(to.slot, sizeof(to.slot), "slot%d", i);
		assert_int_equal(
			vouch_floors_raise(*state, -1, &floors, &to, &f),
			i < VOUCH_MAX_FLOORS ? 0 : -ENOSPC);
	}
	assert_int_equal(vouch_floors_load(*state, &floors, &f), 0);
	assert_int_equal(floors.n, VOUCH_MAX_FLOORS);
}

static void higher_floor_of_the_module_is_learnt(void **state)
{
	struct vouch_floors floors = { 0 };
	struct vouch_failure f;

	put(*state, "new 1 1\nold 1 9\n");
	assert_int_equal(vouch_floors_load(*state, &floors, &f), 0);
	n_told = 0;
	assert_int_equal(vouch_floors_hand_over(-1, &floors, &f), 0);
	assert_int_equal(n_told, 3); /* two set, one got */
	assert_int_equal(floors.at[1].epoch, 2);
	assert_int_equal(floors.at[1].sequence, 5);
}

static void what_cannot_be_stored_is_not_raised(void **state)
{
	struct vouch_floor to = { .slot = "a", .epoch = 1, .sequence = 1 };
	struct vouch_floors floors = { 0 };
	struct vouch_failure f;

	(void)state;
	n_told = 0;
	assert_int_equal(
		vouch_floors_raise("/nonexistent", -1, &floors, &to, &f),
		-ENOENT);
	assert_int_equal(n_told, 0);
	assert_int_equal(floors.n, 0);
}

static void build_id_of_notes(void **state)
{
	/* Another note of three bytes, then the build id. */
	static const u8 notes[] = { 4,	 0,   0,   0, 3,    0,	  0,	0,
				    1,	 0,   0,   0, 'X',  'e',  'n',	0,
				    1,	 2,   3,   0, 4,    0,	  0,	0,
				    4,	 0,   0,   0, 3,    0,	  0,	0,
				    'G', 'N', 'U', 0, 0xde, 0xad, 0xbe, 0xef };
	char hex[41];
	size_t len;

	(void)state;
	vouch_facts_build_id(notes, sizeof(notes), hex, sizeof(hex));
	assert_string_equal(hex, "deadbeef");
	for (len = 0; len < sizeof(notes); len++) {
		/* Exactly as long, so that reading past it is seen. */
		u8 *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, notes, len);
		vouch_facts_build_id(copy, len, hex, sizeof(hex));
		assert_string_equal(hex, "");
		free(copy);
	}
}

#define WITH_DIR(test) \
	cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(optional_name_may_be_null),
		cmocka_unit_test(numbers),
		cmocka_unit_test(bytes),
		cmocka_unit_test(packets),
		cmocka_unit_test(hooks),
		cmocka_unit_test(sections),
		WITH_DIR(damaged_floors_are_refused),
		WITH_DIR(too_many_floors_are_refused),
		WITH_DIR(no_file_is_no_floor),
		WITH_DIR(floors_only_rise),
		WITH_DIR(floors_are_bounded),
		WITH_DIR(higher_floor_of_the_module_is_learnt),
		cmocka_unit_test(what_cannot_be_stored_is_not_raised),
		cmocka_unit_test(build_id_of_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
