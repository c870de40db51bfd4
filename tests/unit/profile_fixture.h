/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of target profiles, made of the text of their JSON part. */
#ifndef VOUCH_PROFILE_FIXTURE_H
#define VOUCH_PROFILE_FIXTURE_H

#include <stdlib.h>

#include "../../common/profile_file.h"
#include "../../host-bridge/oracle.h"
#include "../../host-bridge/profile.h"

struct profile_parts {
	const void *data[VOUCH_PROFILE_PARTS];
	size_t len[VOUCH_PROFILE_PARTS];
};

/* To be freed; unsigned. */
static inline u8 *profile_pack(const struct profile_parts *parts, size_t *len)
{
	struct vouch_profile_head head = {
		.magic = VOUCH_PROFILE_MAGIC,
		.version = cpu_to_le32(VOUCH_PROFILE_VERSION),
		.n_parts = cpu_to_le32(VOUCH_PROFILE_PARTS),
	};
	struct vouch_profile_part rows[VOUCH_PROFILE_PARTS] = {};
	size_t at = sizeof(head) + sizeof(rows);
	u8 *out;
	u32 i;

	for (i = 0; i < VOUCH_PROFILE_PARTS; i++) {
		rows[i].kind = cpu_to_le32(i);
		rows[i].offset = cpu_to_le64(at);
		rows[i].size = cpu_to_le64(parts->len[i]);
		at += (parts->len[i] + 7) & ~(size_t)7;
	}
	head.size = cpu_to_le64(at);
	out = calloc(1, at);
	if (!out)
		abort();
	memcpy(out, &head, sizeof(head));
	memcpy(out + sizeof(head), rows, sizeof(rows));
	for (i = 0; i < VOUCH_PROFILE_PARTS; i++)
		if (parts->len[i])
			memcpy(out + le64_to_cpu(rows[i].offset),
			       parts->data[i], parts->len[i]);
	*len = at;
	return out;
}

/* vouch_profile_parse() of a profile that knows of no access. */
static inline int profile_of_json(const char *json,
				  struct vouch_profile **profile, char *why,
				  size_t why_size)
{
	const struct vouch_oracle_head none = {
		.magic = VOUCH_ORACLE_MAGIC,
		.version = cpu_to_le32(VOUCH_ORACLE_VERSION),
	};
	const struct profile_parts parts = {
		.data = { [VOUCH_PROFILE_JSON] = json,
			  [VOUCH_PROFILE_ORACLE] = &none },
		.len = { [VOUCH_PROFILE_JSON] = strlen(json),
			 [VOUCH_PROFILE_ORACLE] = sizeof(none) },
	};
	size_t len;
	u8 *file = profile_pack(&parts, &len);
	int err = vouch_profile_parse(file, len, profile, why, why_size);

	free(file);
	return err;
}

#endif /* VOUCH_PROFILE_FIXTURE_H */
