// SPDX-License-Identifier: BSD-2-Clause
/* Reading options, from JSON and from the command line. */

#include <stdio.h>

#include "options.h"

static int add(struct vouch_option *list, u32 *n, const char *name,
	       size_t name_len, const char *value, const char **why)
{
	struct vouch_option *o = &list[*n];
	size_t value_len = strlen(value);

	*why = "too many options of one kind";
	if (*n == VOUCH_MAX_OPTIONS)
		return -EINVAL;
	*why = "an option's name is empty or too long";
	if (!name_len || name_len >= sizeof(o->name))
		return -EINVAL;
	*why = "an option's value is too long";
	if (value_len >= sizeof(o->value))
		return -EINVAL;
	memset(o, 0, sizeof(*o));
	memcpy(o->name, name, name_len);
	memcpy(o->value, value, value_len);
	*why = "an option's name holds a character that no name has";
	if (!vouch_name_ok(o->name, sizeof(o->name)))
		return -EINVAL;
	*why = NULL;
	++*n;
	return 0;
}

static int add_json(struct vouch_option *list, u32 *n, const char *name,
		    const json_t *value, const char **why)
{
	char number[32];

	if (json_is_string(value))
		return add(list, n, name, strlen(name),
			   json_string_value(value), why);
	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(value));
		return add(list, n, name, strlen(name), number, why);
	}
	if (json_is_boolean(value))
		return add(list, n, name, strlen(name),
			   json_is_true(value) ? "true" : "false", why);
	*why = "an option's value is neither text nor integer nor truth";
	return -EINVAL;
}

static int read_list(const json_t *json, const char *key,
		     struct vouch_option *list, u32 *n, const char **why)
{
	json_t *object = json_object_get(json, key);
	const char *name;
	json_t *value;

	if (!object)
		return 0;
	if (!json_is_object(object)) {
		*why = "set and what is said of maps must be objects";
		return -EINVAL;
	}
	json_object_foreach(object, name, value)
		if (add_json(list, n, name, value, why))
			return -EINVAL;
	return 0;
}

static int read_names(const json_t *json, const char *key,
		      struct vouch_option *list, u32 *n, const char **why)
{
	json_t *names = json_object_get(json, key), *name;
	size_t i;

	if (names && !json_is_array(names)) {
		*why = "programs must be a list of names";
		return -EINVAL;
	}
	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);

		*why = "programs must be a list of names";
		if (!text || add(list, n, text, strlen(text), "", why))
			return -EINVAL;
	}
	return 0;
}

static int read_bool(const json_t *json, const char *key, bool *out,
		     const char **why)
{
	json_t *value = json_object_get(json, key);

	if (value && !json_is_boolean(value)) {
		*why = "allow_perfmon and record must be true or false";
		return -EINVAL;
	}
	*out = json_is_true(value);
	return 0;
}

int vouch_options_read(const json_t *json, struct vouch_options *options,
		       const char **why)
{
	memset(options, 0, sizeof(*options));
	if (!json || json_is_null(json))
		return 0;
	if (!json_is_object(json)) {
		*why = "the options must be an object";
		return -EINVAL;
	}
	if (read_list(json, "set", options->set, &options->n_set, why) ||
	    read_list(json, "map_entries", options->map_entries,
		      &options->n_map_entries, why) ||
	    read_list(json, "map_types", options->map_types,
		      &options->n_map_types, why) ||
	    read_list(json, "map_key_sizes", options->map_key_sizes,
		      &options->n_map_key_sizes, why) ||
	    read_list(json, "map_value_sizes", options->map_value_sizes,
		      &options->n_map_value_sizes, why) ||
	    read_names(json, "programs", options->programs,
		       &options->n_programs, why) ||
	    read_bool(json, "allow_perfmon", &options->allow_perfmon, why) ||
	    read_bool(json, "record", &options->record, why))
		return -EINVAL;
	return 0;
}

int vouch_options_add(struct vouch_option *list, u32 *n, const char *text,
		      const char **why)
{
	const char *equals = strchr(text, '=');

	if (!equals) {
		*why = "an option must be NAME=VALUE";
		return -EINVAL;
	}
	return add(list, n, text, equals - text, equals + 1, why);
}
