// SPDX-License-Identifier: BSD-2-Clause
/* The form of a profile's file. */

#include <linux/btf.h>

#include "oracle.h"
#include "profile_parts.h"

static const u32 most[VOUCH_PROFILE_PARTS] = {
	[VOUCH_PROFILE_JSON] = 1u << 20,
	[VOUCH_PROFILE_BTF] = 16u << 20,
	[VOUCH_PROFILE_ORACLE] = VOUCH_ORACLE_MAX,
	[VOUCH_PROFILE_KCONFIG] = 1u << 20,
};

/* Where the parts start. */
#define PARTS_AT                             \
	(sizeof(struct vouch_profile_head) + \
	 VOUCH_PROFILE_PARTS * sizeof(struct vouch_profile_part))

static u64 align(u64 n)
{
	return (n + 7) & ~(u64)7;
}

int vouch_profile_parts_split(const void *file, size_t len, size_t *size,
			      const char **why)
{
	struct vouch_profile_head head;

	*why = "it is no target profile of this version";
	if (len < sizeof(head))
		return -EINVAL;
	memcpy(&head, file, sizeof(head));
	if (memcmp(head.magic, VOUCH_PROFILE_MAGIC, sizeof(head.magic)) ||
	    le32_to_cpu(head.version) != VOUCH_PROFILE_VERSION)
		return -EINVAL;
	*why = "its length is not what its head says";
	if (le64_to_cpu(head.size) > len ||
	    len - le64_to_cpu(head.size) > VOUCH_PROFILE_MAX_SIG)
		return -EINVAL;
	*size = le64_to_cpu(head.size);
	return 0;
}

static bool is_zero(const u8 *p, const u8 *end)
{
	while (p < end)
		if (*p++)
			return false;
	return true;
}

static const char *check_part(const u8 *data, size_t len, u32 kind, u64 *at,
			      struct vouch_profile_bytes *out)
{
	const struct vouch_profile_part *part =
		(const void *)(data + sizeof(struct vouch_profile_head) +
			       kind * sizeof(*part));
	u64 size = le64_to_cpu(part->size), end;

	if (le32_to_cpu(part->kind) != kind || part->reserved ||
	    le64_to_cpu(part->offset) != *at)
		return "a part is not where it must be";
	if (size > most[kind] || size > len - *at)
		return "a part is too long";
	end = *at + size;
	out->data = data + *at;
	out->len = size;
	*at = align(end);
	if (*at > len || !is_zero(data + end, data + *at))
		return "there is something behind a part";
	return NULL;
}

static const char *check_btf(const struct vouch_profile_bytes *btf)
{
	const struct btf_header *h = btf->data;
	u64 room;

	if (!btf->len)
		return NULL;
	if (btf->len < sizeof(*h) || h->magic != BTF_MAGIC ||
	    h->version != BTF_VERSION || h->flags || h->hdr_len != sizeof(*h))
		return "the BTF part is no BTF";
	room = btf->len - sizeof(*h);
	if ((u64)h->type_off + h->type_len > room ||
	    (u64)h->str_off + h->str_len > room)
		return "the BTF part is cut short";
	return NULL;
}

static bool is_name(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static const char *check_line(const u8 *p, const u8 *end)
{
	static const char prefix[] = "CONFIG_";
	const size_t n = sizeof(prefix) - 1;
	const u8 *name;

	if ((size_t)(end - p) <= n || memcmp(p, prefix, n))
		return "a line of the configuration names no option";
	name = p += n;
	while (p < end && is_name(*p))
		p++;
	if (p == name || p == end || *p != '=')
		return "a line of the configuration gives no value";
	for (; p < end; p++)
		if (*p < ' ' || *p >= 0x7f)
			return "the configuration is no printable text";
	return NULL;
}

static const char *check_kconfig(const struct vouch_profile_bytes *text)
{
	const u8 *p = text->data, *end = p + text->len, *line_end;
	const char *why;

	for (; p < end; p = line_end + 1) {
		line_end = memchr(p, '\n', (size_t)(end - p));
		if (!line_end)
			return "the last line of the configuration has no end";
		why = check_line(p, line_end);
		if (why)
			return why;
	}
	return NULL;
}

int vouch_profile_parts_parse(const void *data, size_t len,
			      struct vouch_profile_parts *parts,
			      const char **why)
{
	const struct vouch_profile_head *head = data;
	u64 at = PARTS_AT;
	size_t size;
	u32 i;

	if (vouch_profile_parts_split(data, len, &size, why))
		return -EINVAL;
	*why = "its parts are not those of a profile";
	if (len < PARTS_AT || size != len ||
	    le32_to_cpu(head->n_parts) != VOUCH_PROFILE_PARTS)
		return -EINVAL;
	for (i = 0; i < VOUCH_PROFILE_PARTS; i++) {
		*why = check_part(data, len, i, &at, &parts->part[i]);
		if (*why)
			return -EINVAL;
	}
	*why = at == len ? check_btf(&parts->part[VOUCH_PROFILE_BTF])
			 : "there is something behind the last part";
	if (!*why)
		*why = check_kconfig(&parts->part[VOUCH_PROFILE_KCONFIG]);
	return *why ? -EINVAL : 0;
}
