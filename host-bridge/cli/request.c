// SPDX-License-Identifier: BSD-2-Clause
/* What requests are made of: files, and the options of a submission. */

#include "request.h"

#include <fcntl.h>
#include <stdlib.h>

#include "../../common/bpf_names.h"
#include "../../common/frame.h"
#include "../file.h"

int vouch_request_file(const char *path, void **data, size_t *len,
		       struct vouch_failure *f)
{
	int err =
		vouch_file_get(AT_FDCWD, path, VOUCH_FRAME_MAX_BLOB, data, len);

	if (!err && *len)
		return 0;
	if (!err)
		free(*data);
	vouch_fail(f, err ? err : -ENODATA, VOUCH_EXIT_USAGE, "read %s", path);
	if (!err)
		vouch_fail_why(f, "it is empty");
	return vouch_fail_next(f,
			       "name a file of 1 byte to %u MiB that can be "
			       "read",
			       VOUCH_FRAME_MAX_BLOB >> 20);
}

const char *vouch_request_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Take NAME=VALUE apart; the value is within @pair. */
static const char *split(const char *pair, char *name, size_t size)
{
	const char *sign = strchr(pair, '=');

	if (!sign || sign == pair || (size_t)(sign - pair) >= size)
		return NULL;
	memcpy(name, pair, (size_t)(sign - pair));
	name[sign - pair] = 0;
	return sign + 1;
}

static int wrong(struct vouch_failure *f, const char *option, const char *pair,
		 const char *form)
{
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read --%s %s", option, pair);
	vouch_fail_why(f, "it is not %s", form);
	return vouch_fail_next(f, "write --%s %s", option, form);
}

static int read_sets(const struct vouch_cli *cli, json_t *set,
		     struct vouch_failure *f)
{
	const char *pair, *value;
	char name[128];
	int at = 0;

	while ((pair = vouch_cli_next(cli, "set", &at))) {
		value = split(pair, name, sizeof(name));
		if (!value ||
		    json_object_set_new(set, name, json_string(value)))
			return wrong(f, "set", pair, "NAME=VALUE");
	}
	return 0;
}

static int read_numbers(const struct vouch_cli *cli, const char *option,
			json_t *numbers, struct vouch_failure *f)
{
	const char *pair, *value;
	char name[128], *end;
	int at = 0;

	while ((pair = vouch_cli_next(cli, option, &at))) {
		unsigned long long n;

		value = split(pair, name, sizeof(name));
		errno = 0;
		n = value ? strtoull(value, &end, 10) : 0;
		if (!value || *value < '0' || *value > '9' || *end || errno ||
		    !n || n > UINT32_MAX)
			return wrong(f, option, pair, "NAME=N");
		json_object_set_new(numbers, name, json_integer((json_int_t)n));
	}
	return 0;
}

static int read_types(const struct vouch_cli *cli, json_t *types,
		      struct vouch_failure *f)
{
	const char *pair, *value;
	char name[128];
	int at = 0;

	while ((pair = vouch_cli_next(cli, "map-type", &at))) {
		value = split(pair, name, sizeof(name));
		if (!value || !vouch_map_type_by_name(value))
			return wrong(f, "map-type", pair,
				     "NAME=TYPE, as events=ringbuf");
		json_object_set_new(types, name, json_string(value));
	}
	return 0;
}

/* What a request only has if the command line says something of it. */
static int add_more(const struct vouch_cli *cli, json_t *options,
		    struct vouch_failure *f)
{
	json_t *types = json_object(), *keys = json_object();
	json_t *values = json_object();
	int err = read_types(cli, types, f);

	if (!err)
		err = read_numbers(cli, "map-key-size", keys, f);
	if (!err)
		err = read_numbers(cli, "map-value-size", values, f);
	if (!err && json_object_size(types))
		json_object_set(options, "map_types", types);
	if (!err && json_object_size(keys))
		json_object_set(options, "map_key_sizes", keys);
	if (!err && json_object_size(values))
		json_object_set(options, "map_value_sizes", values);
	json_decref(types);
	json_decref(keys);
	json_decref(values);
	return err;
}

int vouch_request_options(const struct vouch_cli *cli, json_t **options,
			  struct vouch_failure *f)
{
	json_t *set = json_object(), *entries = json_object();
	int err = read_sets(cli, set, f);

	if (!err)
		err = read_numbers(cli, "map-entries", entries, f);
	*options = json_pack("{s:o, s:o}", "set", set, "map_entries", entries);
	if (!err)
		err = add_more(cli, *options, f);
	if (err) {
		json_decref(*options);
		*options = NULL;
	}
	return err;
}
