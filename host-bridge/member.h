/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading JSON objects by tables of their members. */
#ifndef VOUCH_MEMBER_H
#define VOUCH_MEMBER_H

#include <jansson.h>

#include "../common/base.h"

enum vouch_member_kind {
	VOUCH_MEMBER_TEXT,
	VOUCH_MEMBER_PATH,
	VOUCH_MEMBER_SOCKET, /* a path that fits a Unix address */
	VOUCH_MEMBER_U32,
	VOUCH_MEMBER_MODE, /* permissions, as in "0660" */
	VOUCH_MEMBER_BOOL,
	VOUCH_MEMBER_OTHER, /* read by its own function */
};

struct vouch_member {
	const char *key;
	enum vouch_member_kind kind;
	size_t offset;
	u32 min, max; /* VOUCH_MEMBER_U32 */
	bool required;
};

/* Where a message goes, and what is being read. */
struct vouch_reader {
	char *why;
	size_t len;
	const char *where;
};

/**
 * vouch_member_complain() - say what is wrong.
 * @r: where the text goes
 * @format: as in printf(3)
 *
 * Return: -EINVAL.
 */
int vouch_member_complain(const struct vouch_reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vouch_members_read() - read an object.
 * @r: where complaints go
 * @obj: the object; a member that the table does not have is an error
 * @table: ends with a member without key
 * @base: structure to fill; texts are borrowed from @obj
 *
 * Return: 0 or -EINVAL.
 */
int vouch_members_read(const struct vouch_reader *r, json_t *obj,
		       const struct vouch_member *table, void *base);

/**
 * vouch_member_list() - read a list of texts, or a single one.
 * @r: where complaints go
 * @v: the list; NULL and null leave @n as it is
 * @key: its name
 * @out: filled with borrowed texts
 * @max: most texts
 * @n: their number
 *
 * Return: 0 or -EINVAL.
 */
int vouch_member_list(const struct vouch_reader *r, const json_t *v,
		      const char *key, const char **out, u32 max, u32 *n);

#endif /* VOUCH_MEMBER_H */
