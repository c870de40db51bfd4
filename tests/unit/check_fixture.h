/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of the check share: a fixture each, and its verdict. */
#ifndef VOUCH_CHECK_FIXTURE_H
#define VOUCH_CHECK_FIXTURE_H

#include "bridge_fixture.h"

static inline int start(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	fixture_init(f);
	*state = f;
	return 0;
}

static inline int stop(void **state)
{
	fixture_release(*state);
	free(*state);
	return 0;
}

/* Refused, with both texts in the message. */
static inline void refused(struct fixture *f, const char *text,
			   const char *name)
{
	char line[512] = "accepted";
	int ret = fixture_check(f);

	if (ret)
		vouch_refusal_format(&f->why, line, sizeof(line));
	if (ret != -EPERM || !strstr(line, text) || !strstr(line, name))
		fail_msg("%d: '%s' lacks '%s' or '%s'", ret, line, text, name);
}

static inline void accepted(struct fixture *f)
{
	char line[512];

	if (!fixture_check(f))
		return;
	vouch_refusal_format(&f->why, line, sizeof(line));
	fail_msg("%s", line);
}

struct bytes {
	const char *name;
	const char *bytes;
	u32 len;
};
#define BYTES(name, s)                 \
	{                              \
		name, s, sizeof(s) - 1 \
	}

#endif /* VOUCH_CHECK_FIXTURE_H */
