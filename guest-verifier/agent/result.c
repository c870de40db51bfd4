// SPDX-License-Identifier: BSD-2-Clause
/* Results: building them, and rebuilding what a child answered. */

#include <stdarg.h>
#include <stdio.h>

#include "capture.h"
#include "result.h"

static const char *text_of(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

bool vouch_result_is(const json_t *result, const char *verdict)
{
	const char *s = text_of(result, "verdict");

	return s && !strcmp(s, verdict);
}

static bool verdict_known(const json_t *answer)
{
	return vouch_result_is(answer, "accepted") ||
	       vouch_result_is(answer, "rejected") ||
	       vouch_result_is(answer, "unsupported") ||
	       vouch_result_is(answer, "error");
}

/* A program has one more verdict: that of one behind the first failure. */
static json_t *rebuild_program(const json_t *from)
{
	const char *name = text_of(from, "name");
	const char *section = text_of(from, "section");
	const char *type = text_of(from, "type");

	if (!name || !section || !type ||
	    (!verdict_known(from) && !vouch_result_is(from, "not loaded")))
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:s?}", "name", name, "section",
			 section, "type", type, "verdict",
			 text_of(from, "verdict"), "reason",
			 text_of(from, "reason"));
}

static json_t *rebuild_programs(const json_t *from)
{
	json_t *program, *programs = json_array();
	size_t i;

	if (!json_is_array(from) || json_array_size(from) > VOUCH_MAX_PROGS)
		goto bad;
	json_array_foreach((json_t *)from, i, program) {
		program = rebuild_program(program);
		if (!program)
			goto bad;
		json_array_append_new(programs, program);
	}
	return programs;

bad:
	json_decref(programs);
	return NULL;
}

json_t *vouch_result_rebuild(const json_t *answer)
{
	const char *log = text_of(answer, "log");
	json_t *programs;

	if (!verdict_known(answer))
		return NULL;
	programs = rebuild_programs(json_object_get(answer, "programs"));
	if (!programs)
		return NULL;
	return json_pack(
		"{s:s, s:s?, s:o, s:s, s:I, s:b}", "verdict",
		text_of(answer, "verdict"), "reason", text_of(answer, "reason"),
		"programs", programs, "log", log ? log : "", "errno",
		json_integer_value(json_object_get(answer, "errno")), "usage",
		json_is_true(json_object_get(answer, "usage")));
}

json_t *vouch_result_error(const char *kind, const char *format, ...)
{
	char reason[512];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return json_pack("{s:s, s:s, s:s, s:[], s:s}", "verdict", "error",
			 "error", kind, "reason", reason, "programs", "log",
			 "");
}
