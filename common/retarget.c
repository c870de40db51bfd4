// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one parser of lists of replacements, for bridge, agent and module. */

#include "capture.h"
#include "retarget.h"

static const char *check_head(const void *buf, size_t len)
{
	const struct vouch_retarget_head *head = buf;

	if ((uintptr_t)buf % 8)
		return "replacements: buffer is not aligned to 8 bytes";
	if (len < sizeof(*head) || len > VOUCH_RETARGET_MAX)
		return "replacements: too short or too long";
	if (memcmp(head->magic, VOUCH_RETARGET_MAGIC, sizeof(head->magic)))
		return "replacements: wrong magic";
	if (le32_to_cpu(head->version) != VOUCH_RETARGET_VERSION)
		return "replacements: unknown version";
	if (le64_to_cpu(head->size) != len)
		return "replacements: size in the header is not the size";
	if (!head->n_entries)
		return "replacements: there is none";
	return NULL;
}

/* The prologue, whose index is the last one, comes first. */
static bool ascends(const struct vouch_replacement *a,
		    const struct vouch_replacement *b)
{
	if (a->prog != b->prog)
		return le32_to_cpu(a->prog) < le32_to_cpu(b->prog);
	return le32_to_cpu(a->insn) + 1 < le32_to_cpu(b->insn) + 1;
}

static const char *check_entry(const struct vouch_replacement *r)
{
	if (le32_to_cpu(r->prog) >= VOUCH_MAX_PROGS)
		return "replacements: of a program that there cannot be";
	if (!vouch_access_form_ok(le32_to_cpu(r->base), le32_to_cpu(r->insn),
				  le32_to_cpu(r->n_insns),
				  le32_to_cpu(r->target_size)))
		return "replacements: a field is out of range";
	if (r->reserved)
		return "replacements: reserved bytes are not zero";
	return NULL;
}

static size_t length(const struct vouch_replacement *r)
{
	return sizeof(*r) + (size_t)le32_to_cpu(r->n_insns) * VOUCH_INSN_LEN;
}

int vouch_retarget_parse(const void *buf, size_t len, const char **why)
{
	const struct vouch_retarget_head *head = buf;
	const struct vouch_replacement *r, *last = NULL;
	size_t pos = sizeof(*head);
	u32 left;

	*why = check_head(buf, len);
	if (*why)
		return -EINVAL;
	for (left = le32_to_cpu(head->n_entries); left; left--) {
		r = (const void *)((const u8 *)buf + pos);
		*why = "replacements: fewer entries than the header says";
		if (!vouch_range_ok(pos, sizeof(*r), len))
			return -EINVAL;
		*why = check_entry(r);
		if (*why)
			return -EINVAL;
		*why = "replacements: an entry is longer than the list";
		if (!vouch_range_ok(pos, length(r), len))
			return -EINVAL;
		*why = "replacements: not in ascending order";
		if (last && !ascends(last, r))
			return -EINVAL;
		pos += length(r);
		last = r;
	}
	*why = pos == len ? NULL : "replacements: bytes behind the last entry";
	return *why ? -EINVAL : 0;
}

const struct vouch_replacement *
vouch_retarget_next(const void *buf, const struct vouch_replacement *last)
{
	const struct vouch_retarget_head *head = buf;
	const u8 *next = (const u8 *)(head + 1);

	if (last)
		next = (const u8 *)last + length(last);
	if ((u64)(next - (const u8 *)buf) >= le64_to_cpu(head->size))
		return NULL;
	return (const void *)next;
}
