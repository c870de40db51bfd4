// SPDX-License-Identifier: BSD-2-Clause
/* What the target's agent makes of the records that the driver hands over. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../target-driver/agent/args.c"
#include "../../target-driver/agent/call_records.c"

/* What the driver will answer. */
static struct {
	u8 data[256];
	u32 len, more;
	int err;
} driver;

int vouch_find_map(int device, const char *image, const char *name,
		   struct vouch_target_map_info *map, struct vouch_failure *f)
{
	(void)device;
	(void)image;
	(void)f;
	memset(map, 0, sizeof(*map));
	snprintf(map->image, sizeof(map->image), "vouch_0000000000000001");
	snprintf(map->name, sizeof(map->name), "%s", name);
	return 0;
}

int vouch_device_call(int device, unsigned long request, void *arg,
		      const char *reason, struct vouch_failure *f)
{
	struct vouch_target_records *r = arg;

	(void)device;
	(void)reason;
	assert_int_equal(request, VOUCH_TARGET_RECORDS);
	if (driver.err) {
		f->err = driver.err;
		return driver.err;
	}
	memcpy((void *)(uintptr_t)r->data, driver.data, sizeof(driver.data));
	r->data_len = driver.len;
	r->more = driver.more;
	r->lost = 3;
	return 0;
}

static void add(u32 len, u32 cpu, const void *data)
{
	const struct vouch_target_record r = { .len = len,
					       .cpu = cpu,
					       .time = 9 };

	memcpy(driver.data + driver.len, &r, sizeof(r));
	memcpy(driver.data + driver.len + sizeof(r), data, len);
	driver.len += sizeof(r) + ((len + 7) & ~7u);
}

static json_t *ask(vouch_call_fn *call, const char *request)
{
	struct vouch_agent agent = { 0 };
	struct vouch_message msg = { .json = json_loads(request, 0, NULL) };
	struct vouch_reply reply = { 0 };
	struct vouch_failure f;
	int err;

	memset(&f, 0, sizeof(f));
	err = call(&agent, &msg, &reply, &f);
	json_decref(msg.json);
	assert_true(err ? err == f.err && !reply.json : !!reply.json);
	return reply.json;
}

static json_t *records(void)
{
	return ask(vouch_call_map_records, "{\"map\": \"events\"}");
}

static json_t *lines(void)
{
	return ask(vouch_call_printed, "{}");
}

static void expect(json_t *got, const char *want)
{
	json_t *json = json_loads(want, 0, NULL);

	assert_non_null(json);
	assert_true(json_equal(got, json));
	json_decref(json);
	json_decref(got);
}

static void each_record_is_told(void **state)
{
	(void)state;
	add(3, 1, "\x01\x02\xff");
	add(0, 0, "");
	add(2, VOUCH_TARGET_NO_CPU, "ab");
	driver.more = 1;
	expect(records(), "{\"lost\": 3, \"more\": true, \"records\": ["
			  "{\"cpu\": 1, \"time_ns\": 9, \"data\": \"0102ff\"},"
			  "{\"cpu\": 0, \"time_ns\": 9, \"data\": \"\"},"
			  "{\"data\": \"6162\"}]}");
}

static void no_records_are_none(void **state)
{
	(void)state;
	expect(records(), "{\"lost\": 3, \"more\": false, \"records\": []}");
}

static void unsound_answers_are_failures(void **state)
{
	(void)state;
	add(3, 1, "abc");
	driver.len -= 8; /* its data are not there */
	assert_null(records());
	driver.len = 5; /* less than a record's head */
	assert_null(records());
	driver.len = ~0u;
	assert_null(records());
	driver.err = -EOPNOTSUPP;
	assert_null(records());
}

static void lines_are_printable(void **state)
{
	const struct vouch_target_line line = { .cpu = 2,
						.pid = 77,
						.comm = "a\x1b[1mb" };
	u8 data[sizeof(line) + 6];

	(void)state;
	memcpy(data, &line, sizeof(line));
	memcpy(data + sizeof(line), "x\x80\ty\nz", 6);
	add(sizeof(data), VOUCH_TARGET_NO_CPU, data);
	expect(lines(), "{\"lost\": 3, \"more\": false, \"lines\": ["
			"{\"cpu\": 2, \"time_ns\": 9, \"pid\": 77,"
			" \"comm\": \"a?[1mb\", \"text\": \"x??y\\nz\"}]}");
}

static void a_line_without_a_head_is_a_failure(void **state)
{
	(void)state;
	add(sizeof(struct vouch_target_line) - 1, VOUCH_TARGET_NO_CPU,
	    "twenty-three characters");
	assert_null(lines());
}

static int fresh(void **state)
{
	(void)state;
	memset(&driver, 0, sizeof(driver));
	return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		T(each_record_is_told),
		T(no_records_are_none),
		T(unsound_answers_are_failures),
		T(lines_are_printable),
		T(a_line_without_a_head_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
