// SPDX-License-Identifier: BSD-2-Clause
/* Members of JSON objects, each checked by its kind. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#include "member.h"

int vouch_member_complain(const struct vouch_reader *r, const char *format, ...)
{
	va_list args;
	int n = snprintf(r->why, r->len, "%s: ", r->where);

	va_start(args, format);
	if (n >= 0 && (size_t)n < r->len)
		vsnprintf(r->why + n, r->len - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

static int read_text(const struct vouch_reader *r, const struct vouch_member *m,
		     const json_t *v, const char **out)
{
	const char *s = json_string_value(v);
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (json_is_null(v))
		return 0;
	if (!s || !*s)
		return vouch_member_complain(
			r, "\"%s\" must be a text that is not empty", m->key);
	if (m->kind != VOUCH_MEMBER_TEXT && *s != '/')
		return vouch_member_complain(
			r, "\"%s\" must be an absolute path, not '%s'", m->key,
			s);
	if (m->kind == VOUCH_MEMBER_SOCKET && strlen(s) > max)
		return vouch_member_complain(
			r,
			"\"%s\" is longer than the %zu bytes of a "
			"socket's path",
			m->key, max);
	/* QEMU would take what follows for an option. */
	if (m->kind != VOUCH_MEMBER_TEXT && strchr(s, ','))
		return vouch_member_complain(r, "\"%s\" holds a comma", m->key);
	*out = s;
	return 0;
}

static int read_u32(const struct vouch_reader *r, const struct vouch_member *m,
		    const json_t *v, u32 *out)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < m->min || n > m->max)
		return vouch_member_complain(
			r, "\"%s\" must be a number from %u to %u", m->key,
			m->min, m->max);
	*out = (u32)n;
	return 0;
}

/* Permissions are octal, which JSON numbers are not. */
static int read_mode(const struct vouch_reader *r, const struct vouch_member *m,
		     const json_t *v, u32 *out)
{
	const char *s = json_string_value(v);

	if (!s || strlen(s) != 4 || s[0] != '0' || strspn(s, "01234567") != 4)
		return vouch_member_complain(r,
					     "\"%s\" must be octal "
					     "permissions, as in \"0660\"",
					     m->key);
	*out = (u32)strtoul(s, NULL, 8);
	return 0;
}

static int read_member(const struct vouch_reader *r,
		       const struct vouch_member *m, const json_t *v,
		       void *base)
{
	void *field = (char *)base + m->offset;

	switch (m->kind) {
	case VOUCH_MEMBER_TEXT:
	case VOUCH_MEMBER_PATH:
	case VOUCH_MEMBER_SOCKET:
		return read_text(r, m, v, field);
	case VOUCH_MEMBER_U32:
		return read_u32(r, m, v, field);
	case VOUCH_MEMBER_MODE:
		return read_mode(r, m, v, field);
	case VOUCH_MEMBER_BOOL:
		if (!json_is_boolean(v))
			return vouch_member_complain(
				r, "\"%s\" must be true or false", m->key);
		*(bool *)field = json_is_true(v);
		return 0;
	default:
		return 0;
	}
}

int vouch_members_read(const struct vouch_reader *r, json_t *obj,
		       const struct vouch_member *table, void *base)
{
	const struct vouch_member *m;
	const char *key;
	json_t *v;
	int err;

	if (!json_is_object(obj))
		return vouch_member_complain(r, "must be an object");
	json_object_foreach(obj, key, v) {
		for (m = table; m->key && strcmp(m->key, key); m++)
			;
		if (!m->key)
			return vouch_member_complain(
				r,
				"unknown member \"%s\"; correct or "
				"remove it",
				key);
		err = read_member(r, m, v, base);
		if (err)
			return err;
	}
	for (m = table; m->key; m++)
		if (m->required &&
		    !json_is_string(json_object_get(obj, m->key)))
			return vouch_member_complain(r, "\"%s\" is missing",
						     m->key);
	return 0;
}

int vouch_member_list(const struct vouch_reader *r, const json_t *v,
		      const char *key, const char **out, u32 max, u32 *n)
{
	const json_t *item;
	size_t i;

	if (!v || json_is_null(v))
		return 0;
	if (json_is_string(v)) {
		out[0] = json_string_value(v);
		*n = 1;
		return 0;
	}
	if (!json_is_array(v) || json_array_size(v) > max)
		return vouch_member_complain(
			r, "\"%s\" must be a list of at most %u texts", key,
			max);
	json_array_foreach(v, i, item) {
		if (!json_is_string(item))
			return vouch_member_complain(
				r, "\"%s\" must hold texts", key);
		out[i] = json_string_value(item);
	}
	*n = (u32)json_array_size(v);
	return 0;
}
