// SPDX-License-Identifier: BSD-2-Clause
/* The members of HELLO, in one table. */

#include "hello.h"

#include "../common/base.h"

#define MAX_TEXT 128
#define MAX_FEATURES 64
#define MAX_NUMBER 65535
#define MAX_TIME (1ll << 40) /* seconds: no clock is so wrong */

enum kind { TEXT, HEX, NUMBER, TIME, NAMES };

static const struct {
	const char *key;
	enum kind kind;
	size_t max; /* characters */
} members[] = {
	{ "role", TEXT, 15 },	   { "version", TEXT, 31 },
	{ "release", TEXT, 64 },   { "build_id", HEX, 64 },
	{ "cpu_model", TEXT, 64 }, { "profile", HEX, 64 },
	{ "nr_cpus", NUMBER, 0 },  { "abi", NUMBER, 0 },
	{ "features", NAMES, 31 }, { "libbpf", TEXT, 31 },
	{ "time", TIME, 0 },
};

/* It goes into logs, tables and terminals. */
static bool is_text(const json_t *v, size_t max)
{
	char field[MAX_TEXT] = {};
	size_t n = json_string_length(v);

	if (!json_is_string(v) || n > max)
		return false;
	memcpy(field, json_string_value(v), n);
	return vouch_text_ok(field, sizeof(field));
}

static bool is_hex(const json_t *v, size_t max)
{
	const char *s = json_string_value(v);

	return is_text(v, max) && strspn(s, "0123456789abcdef") == strlen(s);
}

static bool are_names(const json_t *list, size_t max)
{
	const json_t *v;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > MAX_FEATURES)
		return false;
	json_array_foreach(list, i, v)
		if (!is_text(v, max))
			return false;
	return true;
}

static bool is_good(const json_t *v, enum kind kind, size_t max)
{
	switch (kind) {
	case TEXT:
		return is_text(v, max);
	case HEX:
		return is_hex(v, max);
	case NUMBER:
		return json_is_integer(v) && json_integer_value(v) >= 0 &&
		       json_integer_value(v) <= MAX_NUMBER;
	case TIME:
		return json_is_integer(v) && json_integer_value(v) >= 0 &&
		       json_integer_value(v) <= MAX_TIME;
	default:
		return are_names(v, max);
	}
}

int vouch_hello_check(const json_t *hello, struct vouch_failure *f)
{
	static const char *const forms[] = {
		[TEXT] = "printable ASCII of so few characters",
		[HEX] = "lower-case hexadecimal of so few digits",
		[NUMBER] = "a number up to 65535",
		[TIME] = "a number of seconds since 1970",
		[NAMES] = "a list of up to 64 short names",
	};
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *v = json_object_get(hello, members[i].key);

		if (!v || is_good(v, members[i].kind, members[i].max))
			continue;
		return vouch_fail_why(f, "\"%s\" of the HELLO is not %s",
				      members[i].key, forms[members[i].kind]);
	}
	return 0;
}
