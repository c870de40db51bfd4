// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A failure in four parts, and its JSON. */

#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

int vouch_fail(struct vouch_failure *f, int err, enum vouch_exit exit,
	       const char *what, ...)
{
	va_list ap;

	memset(f, 0, sizeof(*f));
	f->err = err;
	f->exit = exit;
	va_start(ap, what);
	vsnprintf(f->what, sizeof(f->what), what, ap);
	va_end(ap);
	snprintf(f->why, sizeof(f->why), "%s", strerror(-err));
	return err;
}

int vouch_fail_why(struct vouch_failure *f, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	vsnprintf(f->why, sizeof(f->why), why, ap);
	va_end(ap);
	return f->err;
}

int vouch_fail_next(struct vouch_failure *f, const char *remedy, ...)
{
	va_list ap;

	va_start(ap, remedy);
	vsnprintf(f->remedy, sizeof(f->remedy), remedy, ap);
	va_end(ap);
	return f->err;
}

static const char *code_of(int err)
{
	const char *name = strerrorname_np(-err);

	return name ? name : "EIO";
}

/* What is not UTF-8, as a file's name or half a character need not be, is no
 * reason to say nothing. */
static json_t *text_json(const char *text)
{
	char plain[sizeof(((struct vouch_failure *)0)->why)], *c;
	json_t *json = json_string(text);

	if (json)
		return json;
	snprintf(plain, sizeof(plain), "%s", text);
	for (c = plain; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(plain);
}

json_t *vouch_failure_json(const struct vouch_failure *f)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:i}", "code", code_of(f->err),
			 "what", text_json(f->what), "why", text_json(f->why),
			 "remedy", text_json(f->remedy), "exit", (int)f->exit);
}

static int err_of(const char *code)
{
	int err;

	for (err = 1; code && err < 256; err++) {
		const char *name = strerrorname_np(err);

		if (name && !strcmp(name, code))
			return -err;
	}
	return -EIO;
}

static void read_text(const json_t *json, const char *key, const char *missing,
		      char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(json, key));

	size_t len = (size_t)snprintf(out, size, "%s", text ? text : missing);

	/* Cut between characters. */
	for (len = len < size ? 0 : size - 1; len && out[len - 1] & 0x80;)
		out[--len] = 0;
	for (; *out; out++)
		if (*out < ' ' || *out == 0x7f)
			*out = '?';
}

void vouch_failure_read(const json_t *json, struct vouch_failure *f)
{
	json_int_t exit = json_integer_value(json_object_get(json, "exit"));

	memset(f, 0, sizeof(*f));
	f->err = err_of(json_string_value(json_object_get(json, "code")));
	f->exit = exit > 0 && exit < VOUCH_N_EXITS ? (enum vouch_exit)exit
						   : VOUCH_EXIT_INTERNAL;
	read_text(json, "what", "do what was asked", f->what, sizeof(f->what));
	read_text(json, "why", "no reason given", f->why, sizeof(f->why));
	read_text(json, "remedy", "", f->remedy, sizeof(f->remedy));
}
