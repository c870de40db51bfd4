/* SPDX-License-Identifier: BSD-2-Clause */
/* What a child of the link process does. */
#ifndef VOUCH_LINKER_WORK_H
#define VOUCH_LINKER_WORK_H

#include <jansson.h>

#include "worker.h"

/* All borrowed. */
struct vouch_link_request {
	const struct vouch_profile *profile;
	const struct vouch_symbols *symbols; /* of the verifier kernel */
	const struct vouch_kbtf *btf; /* likewise */
	const json_t *hello; /* of its agent */
	const json_t *options; /* canonical */
	u8 options_hash[VOUCH_HASH_LEN];
	u32 instance;
	const u8 *object;
	size_t object_len;
	/* Of two the second begins at the next multiple of 8. */
	const u8 *captures; /* aligned to 8 */
	size_t first_len; /* bytes of the first of two; 0: there is one */
	size_t captures_len; /* of both, without what is between */
};

/**
 * vouch_linker_work() - check and link.
 * @r: the request
 * @reply: filled: an image, a list of replacements with which to load the
 *	object once more, a refusal, or why there is none of these
 */
void vouch_linker_work(const struct vouch_link_request *r,
		       struct vouch_reply *reply);

#endif /* VOUCH_LINKER_WORK_H */
