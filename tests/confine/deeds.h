/* SPDX-License-Identifier: BSD-2-Clause */
/* What is tried in cells, for real. */
#ifndef VOUCH_TEST_DEEDS_H
#define VOUCH_TEST_DEEDS_H

#include "cell.h"

struct deed {
	const char *name; /* "can ..." or "cannot ..."; NULL ends the list */
	int (*fn)(const void *arg);
	const void *arg;
	const char *duties; /* that can; any other is ended */
	enum cell_end end; /* of those that can */
	bool needed_by_sanitizers;
	int denied; /* errno for ... */
	const char *denied_duties; /* ... these, by Landlock */
};

extern const struct deed vouch_deeds[];

/**
 * vouch_deeds_open() - make what deeds work on.
 */
void vouch_deeds_open(void);

#endif /* VOUCH_TEST_DEEDS_H */
