// SPDX-License-Identifier: BSD-2-Clause
/* The reader of target profiles. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../common/manifest.h"
#include "crypto.h"
#include "profile.h"

#define SCHEMA_VERSION 1

struct vouch_profile {
	json_t *root;
	json_t *facts;
	json_t *kconfig;
	u8 identity[VOUCH_HASH_LEN];
};

/* Facts without which nothing can be linked. A mitigation that a profile
 * does not mention is not the same as one that is off. */
static const char *const required[] = {
	"sizeof(struct module)",
	"offsetof(struct module, name)",
	"CONFIG_RETHUNK",
};

static int complain(char *why, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int complain(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	for (p = why; *p; p++)
		if (*p < ' ' || *p >= 0x7f)
			*p = '?';
	return -EINVAL;
}

static bool is_text(const json_t *root, const char *key, size_t max)
{
	const json_t *v = json_object_get(root, key);
	const char *s = json_string_value(v);
	size_t n = json_string_length(v), i;

	if (!s || !n || n >= max)
		return false;
	for (i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] >= 0x7f)
			return false;
	return true;
}

static bool is_number(const json_t *root, const char *key, json_int_t value)
{
	const json_t *v = json_object_get(root, key);

	return json_is_integer(v) && json_integer_value(v) == value;
}

static bool is_list(const json_t *root, const char *key)
{
	const json_t *v = json_object_get(root, key);
	size_t i;

	if (!json_is_array(v))
		return false;
	for (i = 0; i < json_array_size(v); i++)
		if (!json_is_string(json_array_get(v, i)))
			return false;
	return true;
}

static int check_facts(const struct vouch_profile *p, char *why, size_t size)
{
	const char *key;
	json_t *v;
	size_t i;

	json_object_foreach(p->facts, key, v)
		if (!json_is_integer(v))
			return complain(why, size, "fact '%s' is no integer",
					key);
	for (i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!json_object_get(p->facts, required[i]))
			return complain(why, size, "fact '%s' is missing",
					required[i]);
	return 0;
}

static int check_root(const struct vouch_profile *p, char *why, size_t size)
{
	static const char *const lists[] = { "helpers", "map_types",
					     "prog_types" };
	const json_t *root = p->root;
	size_t i;

	if (!json_is_object(root))
		return complain(why, size, "not a JSON object");
	if (!is_number(root, "schema_version", SCHEMA_VERSION))
		return complain(why, size, "schema_version is not 1");
	if (!is_text(root, "arch", 16) ||
	    strcmp(json_string_value(json_object_get(root, "arch")), "x86_64"))
		return complain(why, size, "arch is not \"x86_64\", the only "
					   "one that can be linked for");
	if (!is_text(root, "release", 65) ||
	    !is_text(root, "vermagic",
		     sizeof(((struct vouch_requirements *)0)->vermagic)))
		return complain(why, size,
				"release or vermagic is no short text");
	if (!is_number(root, "target_abi", VOUCH_TARGET_ABI))
		return complain(why, size, "target_abi is not %d",
				VOUCH_TARGET_ABI);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!is_list(root, lists[i]))
			return complain(why, size, "'%s' is no list of names",
					lists[i]);
	if (!json_is_object(p->facts))
		return complain(why, size, "'facts' is no object");
	if (p->kconfig && !json_is_object(p->kconfig))
		return complain(why, size, "'kconfig' is no object");
	return check_facts(p, why, size);
}

int vouch_profile_parse(const void *json, size_t len,
			struct vouch_profile **profile, char *why,
			size_t why_size)
{
	struct vouch_profile *p = calloc(1, sizeof(*p));
	json_error_t error;
	int ret;

	if (!p)
		return -ENOMEM;
	if (len > VOUCH_PROFILE_MAX) {
		ret = complain(why, why_size, "longer than %u bytes",
			       VOUCH_PROFILE_MAX);
		goto fail;
	}
	p->root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	if (!p->root) {
		ret = complain(why, why_size, "line %d: %s", error.line,
			       error.text);
		goto fail;
	}
	p->facts = json_object_get(p->root, "facts");
	p->kconfig = json_object_get(p->root, "kconfig");
	ret = check_root(p, why, why_size);
	if (!ret && vouch_sha256(json, len, p->identity))
		ret = complain(why, why_size, "cannot be hashed");
	if (ret)
		goto fail;
	*profile = p;
	return 0;
fail:
	vouch_profile_free(p);
	return ret;
}

void vouch_profile_free(struct vouch_profile *profile)
{
	if (!profile)
		return;
	json_decref(profile->root);
	free(profile);
}

const u8 *vouch_profile_identity(const struct vouch_profile *profile)
{
	return profile->identity;
}

static const char *text(const struct vouch_profile *p, const char *key)
{
	return json_string_value(json_object_get(p->root, key));
}

const char *vouch_profile_release(const struct vouch_profile *profile)
{
	return text(profile, "release");
}

const char *vouch_profile_vermagic(const struct vouch_profile *profile)
{
	return text(profile, "vermagic");
}

int vouch_profile_fact(const struct vouch_profile *profile, const char *name,
		       s64 *value)
{
	const json_t *v = json_object_get(profile->facts, name);

	if (!v)
		return -ENOENT;
	*value = json_integer_value(v);
	return 0;
}

bool vouch_profile_config(const struct vouch_profile *profile,
			  const char *name)
{
	const json_t *v = json_object_get(profile->kconfig, name);
	s64 value;

	if (!vouch_profile_fact(profile, name, &value) && value)
		return true;
	if (json_is_string(v))
		return !strcmp(json_string_value(v), "y");
	return json_is_true(v) || (json_is_integer(v) && json_integer_value(v));
}

bool vouch_profile_offers(const struct vouch_profile *profile,
			  const char *list, const char *name)
{
	const json_t *names = json_object_get(profile->root, list);
	size_t i;

	for (i = 0; i < json_array_size(names); i++)
		if (!strcmp(json_string_value(json_array_get(names, i)), name))
			return true;
	return false;
}
