// SPDX-License-Identifier: BSD-2-Clause
/* The canonical form of a submission's options. */

#include <stdlib.h>

#include "../common/bpf_names.h"
#include "daemon.h"

/* The verifier agent has room for no more. */
#define MAX_OPTIONS 64u
#define MAX_NAME 63u /* bytes */
#define MAX_VALUE 255u

static int copy_set(const json_t *from, json_t *to, const char **why)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)from, key, v) {
		if (!json_is_string(v) || json_string_length(v) > MAX_VALUE) {
			*why = "\"set\" must map names to texts of at most "
			       "255 bytes";
			return -EINVAL;
		}
		json_object_set(to, key, v);
	}
	return 0;
}

static int copy_numbers(const json_t *from, json_t *to, const char **why)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)from, key, v) {
		json_int_t n = json_integer_value(v);

		if (!json_is_integer(v) || n < 1 || n > UINT32_MAX) {
			*why = "\"map_entries\" and sizes must map names to "
			       "numbers of 32 bits, from 1";
			return -EINVAL;
		}
		json_object_set(to, key, v);
	}
	return 0;
}

static int copy_types(const json_t *from, json_t *to, const char **why)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)from, key, v) {
		if (!json_is_string(v) ||
		    !vouch_map_type_by_name(json_string_value(v))) {
			*why = "\"map_types\" must map names to types of maps, "
			       "as \"perf_event_array\"";
			return -EINVAL;
		}
		json_object_set(to, key, v);
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order, and each once. */
static int copy_programs(const json_t *from, json_t *to, const char **why)
{
	const char *names[MAX_OPTIONS];
	size_t i, n = json_array_size(from);

	*why = "\"programs\" must be a list of at most 64 names of at most 63 "
	       "bytes";
	if (!json_is_array(from) || n > MAX_OPTIONS)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		json_t *v = json_array_get(from, i);

		names[i] = json_string_value(v);
		if (!names[i] || !json_string_length(v) ||
		    json_string_length(v) > MAX_NAME)
			return -EINVAL;
	}
	qsort(names, n, sizeof(*names), compare_names);
	for (i = 0; i < n; i++)
		if (!i || strcmp(names[i - 1], names[i]))
			json_array_append_new(to, json_string(names[i]));
	return 0;
}

/* All programs is what no list says, so that options stay what they were. */
static int set_programs(const json_t *from, json_t *out, const char **why)
{
	json_t *programs;
	int err;

	if (!from || json_is_null(from) ||
	    (json_is_array(from) && !json_array_size(from)))
		return 0;
	programs = json_array();
	err = copy_programs(from, programs, why);
	if (!err)
		json_object_set(out, "programs", programs);
	json_decref(programs);
	return err;
}

static int check_object(const json_t *v, const char **why)
{
	const char *key;
	json_t *item;

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_object(v) || json_object_size(v) > MAX_OPTIONS) {
		*why = "\"set\" and what is said of maps must be objects of at "
		       "most 64 members";
		return -EINVAL;
	}
	*why = "a name of a variable or a map has more than 63 bytes";
	json_object_foreach((json_t *)v, key, item)
		if (strlen(key) > MAX_NAME)
			return -EINVAL;
	return 0;
}

/* What only stands there if the submission says something of it. */
static int set_more(const json_t *options, json_t *out, const char **why)
{
	static const struct {
		const char *name;
		int (*copy)(const json_t *from, json_t *to, const char **why);
	} rows[] = {
		{ "map_types", copy_types },
		{ "map_key_sizes", copy_numbers },
		{ "map_value_sizes", copy_numbers },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const json_t *from = json_object_get(options, rows[i].name);
		json_t *to;

		if (check_object(from, why))
			return -EINVAL;
		if (!json_object_size(from))
			continue;
		to = json_object();
		if (rows[i].copy(from, to, why) ||
		    json_object_set(out, rows[i].name, to)) {
			json_decref(to);
			return -EINVAL;
		}
		json_decref(to);
	}
	return set_programs(json_object_get(options, "programs"), out, why);
}

int vouch_options_canon(const json_t *options, json_t **canon, const char **why)
{
	const json_t *set = json_object_get(options, "set");
	const json_t *entries = json_object_get(options, "map_entries");
	const json_t *record = json_object_get(options, "record");
	json_t *out;
	int err;

	*why = "the options are not an object";
	if (options && !json_is_null(options) && !json_is_object(options))
		return -EINVAL;
	*why = "\"record\" must be true or false";
	if (record && !json_is_boolean(record))
		return -EINVAL;
	if (check_object(set, why) || check_object(entries, why))
		return -EINVAL;
	*why = "out of memory";
	out = json_pack("{s:{}, s:{}, s:b}", "map_entries", "set", "record",
			json_is_true(record));
	if (!out)
		return -EINVAL;
	err = copy_set(set, json_object_get(out, "set"), why);
	if (!err)
		err = copy_numbers(entries, json_object_get(out, "map_entries"),
				   why);
	if (!err)
		err = set_more(options, out, why);
	if (err)
		json_decref(out);
	else
		*canon = out;
	return err;
}

json_t *vouch_options_allow(const struct vouch_config *config, json_t *canon,
			    const char **why)
{
	json_t *options;

	*why = "the policy does not allow \"record\"";
	if (json_is_true(json_object_get(canon, "record")) && !config->record)
		return NULL;
	*why = "out of memory";
	options = json_copy(canon);
	if (options &&
	    json_object_set_new(options, "allow_perfmon",
				json_boolean(config->allow_perfmon))) {
		json_decref(options);
		return NULL;
	}
	return options;
}

char *vouch_options_text(const json_t *canon)
{
	return json_dumps(canon, JSON_SORT_KEYS | JSON_COMPACT);
}
