// SPDX-License-Identifier: BSD-2-Clause
/* The parts of a blob: their lengths are the frame's, and add up. */

#include <stdlib.h>

#include "hash.h"
#include "target.h"

#define MAX_KCONFIG (1u << 20)
#define MAX_BTF (32u << 20)

struct parts {
	u64 object;
	u64 btf;
	u64 kconfig;
	u64 retarget;
};

static bool read_length(const json_t *parts, const char *key, u64 max, u64 *out)
{
	const json_t *value = json_object_get(parts, key);
	json_int_t n = json_integer_value(value);

	*out = n;
	return json_is_integer(value) && n >= 0 && (u64)n <= max;
}

static const char *read_parts(const json_t *json, size_t blob_len,
			      struct parts *p)
{
	const json_t *parts = json_object_get(json, "parts");

	*p = (struct parts){ .object = blob_len };
	if (!parts)
		return NULL;
	if (!read_length(parts, "object", blob_len, &p->object) ||
	    !read_length(parts, "btf", MAX_BTF, &p->btf) ||
	    !read_length(parts, "kconfig", MAX_KCONFIG, &p->kconfig) ||
	    !read_length(parts, "retarget", VOUCH_RETARGET_MAX, &p->retarget) ||
	    p->object + p->btf + p->kconfig + p->retarget != blob_len)
		return "the lengths of the parts are not those of the blob";
	if (!p->btf != !p->kconfig)
		return "BTF and kconfig of the target come together";
	return NULL;
}

static const char *read_release(const json_t *json, struct vouch_target *target)
{
	const char *text = json_string_value(json_object_get(json, "release"));
	size_t n = text ? strlen(text) : 0;

	if (!n || n >= sizeof(target->release))
		return "the target's release is missing or too long";
	memcpy(target->release, text, n);
	if (!vouch_name_ok(target->release, sizeof(target->release)))
		return "the target's release is no name";
	return NULL;
}

static const char *read_list(const void *p, size_t len,
			     struct vouch_target *target)
{
	const char *why;

	/* Aligned, as the parser wants it. */
	target->list = malloc(len);
	if (!target->list)
		return "no memory for the list of replacements";
	memcpy(target->list, p, len);
	target->list_len = len;
	if (vouch_retarget_parse(target->list, len, &why))
		return why;
	vouch_hash_sha256(p, len, target->retarget);
	return NULL;
}

static const char *read_target(const json_t *json, const u8 *blob,
			       const struct parts *p,
			       struct vouch_target *target)
{
	const char *why;

	/* Without a byte there is no blob to point into. */
	if (p->btf) {
		why = read_release(json, target);
		if (why)
			return why;
		target->btf = blob + p->object;
		target->btf_len = p->btf;
		target->kconfig = (const char *)blob + p->object + p->btf;
		target->kconfig_len = p->kconfig;
		vouch_hash_layout(target->btf, p->btf + p->kconfig,
				  target->release, target->layout);
	}
	if (!p->retarget)
		return NULL;
	return read_list(blob + p->object + p->btf + p->kconfig, p->retarget,
			 target);
}

int vouch_target_read(const json_t *json, const void *blob, size_t blob_len,
		      struct vouch_target_object *object,
		      struct vouch_target *target, const char **why)
{
	struct parts p;

	memset(target, 0, sizeof(*target));
	*why = read_parts(json, blob_len, &p);
	if (!*why)
		*why = read_target(json, blob, &p, target);
	object->data = blob;
	object->size = *why ? 0 : p.object;
	if (*why)
		vouch_target_release(target);
	return *why ? -EINVAL : 0;
}

const void *vouch_target_entries(const struct vouch_target *target, u32 prog,
				 size_t *size)
{
	const struct vouch_replacement *r = NULL, *first = NULL;
	const u8 *end;

	*size = 0;
	if (!target->list)
		return NULL;
	end = (const u8 *)target->list + target->list_len;
	while ((r = vouch_retarget_next(target->list, r))) {
		if (le32_to_cpu(r->prog) == prog && !first)
			first = r;
		if (le32_to_cpu(r->prog) > prog) {
			end = (const u8 *)r;
			break;
		}
	}
	if (first)
		*size = end - (const u8 *)first;
	return first;
}

void vouch_target_release(struct vouch_target *target)
{
	free(target->list);
	memset(target, 0, sizeof(*target));
}
