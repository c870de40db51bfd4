/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What inputs that are lists of changes (edits.h) change: the object, capture
 * and image of the unit tests' fixture.
 */
#ifndef VOUCH_FUZZ_BASE_H
#define VOUCH_FUZZ_BASE_H

#include "edits.h"

#include "../unit/bridge_fixture.h"

struct fuzz_base {
	struct fixture fixture; /* checked and linked */
	u8 *image;
	size_t image_len;
};

/* Made once; not to be changed. */
static inline const struct fuzz_base *fuzz_base(void)
{
	static struct fuzz_base base;

	if (base.image)
		return &base;
	fixture_init(&base.fixture);
	base.image = fixture_link(&base.fixture, &base.image_len);
	return &base;
}

/* A copy of @data with room for what an input inserts. */
static inline struct fuzz_edited fuzz_editable(const void *data, size_t len)
{
	struct fuzz_edited e = { .len = len, .max = len + 4096 };

	e.data = calloc(1, e.max);
	if (!e.data)
		abort();
	memcpy(e.data, data, len);
	return e;
}

/* Gives back what is beyond the end, so that a byte too far is found. */
static inline u8 *fuzz_edited_end(struct fuzz_edited *e)
{
	u8 *copy = fuzz_copy(e->data, e->len);

	free(e->data);
	e->data = NULL;
	return copy;
}

#endif /* VOUCH_FUZZ_BASE_H */
