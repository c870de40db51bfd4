// SPDX-License-Identifier: BSD-2-Clause
/* What requests are made of: files, and the options of a submission. */

#include "request.h"

#include <fcntl.h>
#include <stdlib.h>

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

static int read_entries(const struct vouch_cli *cli, json_t *entries,
			struct vouch_failure *f)
{
	const char *pair, *value;
	char name[128], *end;
	int at = 0;

	while ((pair = vouch_cli_next(cli, "map-entries", &at))) {
		unsigned long long n;

		value = split(pair, name, sizeof(name));
		errno = 0;
		n = value ? strtoull(value, &end, 10) : 0;
		if (!value || *value < '0' || *value > '9' || *end || errno ||
		    !n || n > UINT32_MAX)
			return wrong(f, "map-entries", pair, "NAME=N");
		json_object_set_new(entries, name, json_integer((json_int_t)n));
	}
	return 0;
}

int vouch_request_options(const struct vouch_cli *cli, json_t **options,
			  struct vouch_failure *f)
{
	json_t *set = json_object(), *entries = json_object();
	int err = read_sets(cli, set, f);

	if (!err)
		err = read_entries(cli, entries, f);
	*options = json_pack("{s:o, s:o}", "set", set, "map_entries", entries);
	if (err) {
		json_decref(*options);
		*options = NULL;
	}
	return err;
}
