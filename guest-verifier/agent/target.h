/* SPDX-License-Identifier: BSD-2-Clause */
/* What a VERIFY frame says of the target: the parts behind the object. */
#ifndef VOUCH_TARGET_H
#define VOUCH_TARGET_H

#include <jansson.h>

#include "base.h"
#include "retarget.h"

struct vouch_target {
	/* Into the frame's blob; all of length 0: nothing is known of it. */
	const void *btf;
	size_t btf_len;
	const char *kconfig;
	size_t kconfig_len;
	char release[64];
	u8 layout[VOUCH_HASH_LEN]; /* of the above; zero: nothing is known */

	void *list; /* of replacements; NULL: none */
	size_t list_len;
	u8 retarget[VOUCH_HASH_LEN]; /* of the list, or zero */
};

/* The object in a frame. */
struct vouch_target_object {
	const void *data;
	size_t size;
};

/**
 * vouch_target_read() - take a VERIFY frame's blob apart.
 * @json: the frame
 * @blob: its blob; must outlive @target
 * @blob_len: its length in bytes
 * @object: filled
 * @target: filled; release with vouch_target_release()
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, -EINVAL with @why, or -ENOMEM with it.
 */
int vouch_target_read(const json_t *json, const void *blob, size_t blob_len,
		      struct vouch_target_object *object,
		      struct vouch_target *target, const char **why);

/**
 * vouch_target_entries() - a program's part of the list of replacements.
 * @target: the target
 * @prog: the program's index in the object
 * @size: set to the length in bytes; 0: the list does not name it
 *
 * Return: the entries.
 */
const void *vouch_target_entries(const struct vouch_target *target, u32 prog,
				 size_t *size);

/** vouch_target_release() - free what vouch_target_read() allocated. */
void vouch_target_release(struct vouch_target *target);

#endif /* VOUCH_TARGET_H */
