/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a profile's file; profile.c alone uses this. */
#ifndef VOUCH_PROFILE_PARTS_H
#define VOUCH_PROFILE_PARTS_H

#include "../common/profile_file.h"

/* Within the caller's bytes. */
struct vouch_profile_bytes {
	const void *data;
	size_t len;
};

struct vouch_profile_parts {
	struct vouch_profile_bytes part[VOUCH_PROFILE_PARTS];
};

/**
 * vouch_profile_parts_split() - find the signature of a profile.
 * @file: the whole file
 * @len: its length in bytes
 * @size: receives the bytes before the signature; @len if there is none
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_profile_parts_split(const void *file, size_t len, size_t *size,
			      const char **why);

/**
 * vouch_profile_parts_parse() - hold the bytes before it against their form.
 * @data: the bytes, 8-byte aligned; must outlive @parts
 * @len: their number
 * @parts: filled on success
 * @why: set to a constant text that says what is wrong, on error
 *
 * What a part means is checked as far as its head, or its lines, go.
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_profile_parts_parse(const void *data, size_t len,
			      struct vouch_profile_parts *parts,
			      const char **why);

#endif /* VOUCH_PROFILE_PARTS_H */
