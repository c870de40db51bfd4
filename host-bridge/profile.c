// SPDX-License-Identifier: BSD-2-Clause
/* The reader of target profiles. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <linux/bpf.h>

#include "../common/manifest.h"
#include "arch.h"
#include "crypto.h"
#include "oracle.h"
#include "profile.h"
#include "profile_parts.h"

#define SCHEMA_VERSION 1

struct vouch_profile {
	void *data; /* all but the signature */
	struct vouch_profile_parts parts; /* of data */
	struct vouch_oracle oracle; /* likewise */
	json_t *root;
	json_t *facts;
	json_t *kconfig;
	u8 identity[VOUCH_HASH_LEN];
};

/* What nothing can be linked without. */
static const char *const required_facts[] = {
	"module.size",
	"module.name.offset",
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

static int check_numbers(const json_t *object, const char *what,
			 const char *const *required, size_t n, char *why,
			 size_t size)
{
	const char *key;
	json_t *v;
	size_t i;

	if (!json_is_object(object))
		return complain(why, size, "'%s' is no object", what);
	json_object_foreach((json_t *)(uintptr_t)object, key, v)
		if (!json_is_integer(v))
			return complain(why, size, "'%s' in '%s' is no integer",
					key, what);
	for (i = 0; i < n; i++)
		if (!json_object_get(object, required[i]))
			return complain(why, size, "'%s' is missing in '%s'",
					required[i], what);
	return 0;
}

static const char *text_of(const json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

/* A mitigation that a profile does not mention is not one that is off. */
static int check_options(const struct vouch_profile *p,
			 const struct vouch_arch_option *option, char *why,
			 size_t size)
{
	for (; option->name; option++)
		if (!json_object_get(p->kconfig, option->name))
			return complain(why, size,
					"'%s' is missing in 'kconfig'",
					option->name);
	return 0;
}

static int check_kconfig(const struct vouch_profile *p, char *why, size_t size)
{
	int ret = check_numbers(p->kconfig, "kconfig", NULL, 0, why, size);

	if (!ret)
		ret = check_options(p, vouch_arch_any, why, size);
	if (!ret)
		ret = check_options(p, vouch_profile_arch(p)->options, why,
				    size);
	return ret;
}

static int check_root(const struct vouch_profile *p, char *why, size_t size)
{
	static const char *const lists[] = { "helpers", "map_types",
					     "prog_types", "hooks" };
	const json_t *root = p->root;
	size_t i;

	if (!json_is_object(root))
		return complain(why, size, "not a JSON object");
	if (!is_number(root, "schema_version", SCHEMA_VERSION))
		return complain(why, size, "schema_version is not 1");
	if (!is_text(root, "arch", 16) ||
	    !vouch_arch_by_name(text_of(root, "arch")))
		return complain(why, size,
				"arch is neither \"x86_64\" nor \"arm64\", "
				"which can be linked for");
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
	if (check_numbers(p->facts, "facts", required_facts,
			  sizeof(required_facts) / sizeof(required_facts[0]),
			  why, size))
		return -EINVAL;
	return check_kconfig(p, why, size);
}

static int read_json(struct vouch_profile *p, char *why, size_t why_size)
{
	const struct vouch_profile_bytes *json =
		&p->parts.part[VOUCH_PROFILE_JSON];
	json_error_t error;

	p->root = json_loadb(json->data, json->len, JSON_REJECT_DUPLICATES,
			     &error);
	if (!p->root)
		return complain(why, why_size, "line %d: %s", error.line,
				error.text);
	p->facts = json_object_get(p->root, "facts");
	p->kconfig = json_object_get(p->root, "kconfig");
	return check_root(p, why, why_size);
}

static int read_parts(struct vouch_profile *p, size_t len, char *why,
		      size_t why_size)
{
	const struct vouch_profile_bytes *oracle;
	const char *reason;

	if (vouch_profile_parts_parse(p->data, len, &p->parts, &reason))
		return complain(why, why_size, "%s", reason);
	oracle = &p->parts.part[VOUCH_PROFILE_ORACLE];
	if (vouch_oracle_parse(oracle->data, oracle->len, &p->oracle, &reason))
		return complain(why, why_size, "oracle: %s", reason);
	return read_json(p, why, why_size);
}

int vouch_profile_parse(const void *data, size_t len,
			struct vouch_profile **profile, char *why,
			size_t why_size)
{
	struct vouch_profile *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	if (len > VOUCH_PROFILE_MAX) {
		ret = complain(why, why_size, "longer than %u bytes",
			       VOUCH_PROFILE_MAX);
		goto fail;
	}
	p->data = malloc(len ? len : 1);
	if (!p->data) {
		ret = -ENOMEM;
		goto fail;
	}
	if (len)
		memcpy(p->data, data, len);
	ret = read_parts(p, len, why, why_size);
	if (!ret && vouch_sha256(p->data, len, p->identity))
		ret = complain(why, why_size, "cannot be hashed");
	if (ret)
		goto fail;
	*profile = p;
	return 0;
fail:
	vouch_profile_free(p);
	return ret;
}

int vouch_profile_open(const void *file, size_t len,
		       const struct vouch_profile_cert *certs, u32 n_certs,
		       struct vouch_profile **profile, char *why,
		       size_t why_size)
{
	const u8 *bytes = file;
	const char *reason;
	size_t size;
	u32 i;

	if (vouch_profile_parts_split(file, len, &size, &reason))
		return complain(why, why_size, "%s", reason);
	if (size == len) {
		complain(why, why_size, "it is not signed");
		return -EKEYREJECTED;
	}
	for (i = 0; i < n_certs; i++)
		if (!vouch_crypto_cms_check(certs[i].der, certs[i].len, bytes,
					    size, bytes + size, len - size,
					    &reason))
			return vouch_profile_parse(bytes, size, profile, why,
						   why_size);
	complain(why, why_size,
		 "its signature is by none of the %u profile "
		 "keys",
		 n_certs);
	return -EKEYREJECTED;
}

void vouch_profile_free(struct vouch_profile *profile)
{
	if (!profile)
		return;
	json_decref(profile->root);
	free(profile->data);
	free(profile);
}

const u8 *vouch_profile_identity(const struct vouch_profile *profile)
{
	return profile->identity;
}

const char *vouch_profile_text(const struct vouch_profile *profile,
			       const char *name)
{
	return json_string_value(json_object_get(profile->root, name));
}

const struct vouch_arch *vouch_profile_arch(const struct vouch_profile *profile)
{
	return vouch_arch_by_name(text_of(profile->root, "arch"));
}

const char *vouch_profile_release(const struct vouch_profile *profile)
{
	return vouch_profile_text(profile, "release");
}

const char *vouch_profile_vermagic(const struct vouch_profile *profile)
{
	return vouch_profile_text(profile, "vermagic");
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

bool vouch_profile_config(const struct vouch_profile *profile, const char *name)
{
	return json_integer_value(json_object_get(profile->kconfig, name)) != 0;
}

bool vouch_profile_offers(const struct vouch_profile *profile, const char *list,
			  const char *name)
{
	const json_t *names = json_object_get(profile->root, list);
	size_t i;

	for (i = 0; i < json_array_size(names); i++)
		if (!strcmp(json_string_value(json_array_get(names, i)), name))
			return true;
	return false;
}

size_t vouch_profile_list(const struct vouch_profile *profile, const char *list)
{
	return json_array_size(json_object_get(profile->root, list));
}

const void *vouch_profile_btf(const struct vouch_profile *profile, size_t *len)
{
	*len = profile->parts.part[VOUCH_PROFILE_BTF].len;
	return profile->parts.part[VOUCH_PROFILE_BTF].data;
}

const char *vouch_profile_kconfig(const struct vouch_profile *profile,
				  size_t *len)
{
	*len = profile->parts.part[VOUCH_PROFILE_KCONFIG].len;
	return profile->parts.part[VOUCH_PROFILE_KCONFIG].data;
}

u32 vouch_profile_oracle(const struct vouch_profile *profile)
{
	return profile->oracle.n_entries;
}

/* Their contexts are registers of the machine, arguments or records, which
 * programs read as they lie there. */
static bool is_plain(u32 prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_TRACING:
		return true;
	default:
		return false;
	}
}

int vouch_profile_convert(const struct vouch_profile *profile, u32 prog_type,
			  u32 base, const u8 insn[8],
			  u8 out[VOUCH_MAX_SEQUENCE][8], u32 *n_insns,
			  u32 *target_size)
{
	const struct vouch_oracle_key key = {
		.prog_type = prog_type & ~VOUCH_PROFILE_TSTAMP_TYPE,
		.base = base,
		.tstamp_type = prog_type & VOUCH_PROFILE_TSTAMP_TYPE,
	};

	if (base == VOUCH_BASE_CTX && is_plain(key.prog_type)) {
		memcpy(out[0], insn, sizeof(out[0]));
		*n_insns = 1;
		*target_size = 0;
		return 0;
	}
	return vouch_oracle_convert(&profile->oracle, &key, insn, out, n_insns,
				    target_size);
}
