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

#endif /* VOUCH_FUZZ_BASE_H */
