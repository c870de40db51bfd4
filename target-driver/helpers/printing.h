/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs print, kept until user space takes it. */
#ifndef VOUCH_PRINTING_H
#define VOUCH_PRINTING_H

#include "offer.h"

struct vouch_taken;

#ifdef VOUCH_OFFERS_HOOKS_OF_TRACING

/**
 * vouch_printing_init() - make room for lines.
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_printing_init(void);

/** vouch_printing_exit() - drop the lines that nobody took. */
void vouch_printing_exit(void);

/**
 * vouch_printing_take() - hand lines over, as VOUCH_TARGET_RECORDS has them.
 * @out: where they go
 */
void vouch_printing_take(struct vouch_taken *out);
#else
static inline int vouch_printing_init(void)
{
	return 0;
}

static inline void vouch_printing_exit(void)
{
}

static inline void vouch_printing_take(struct vouch_taken *out)
{
}
#endif

#endif /* VOUCH_PRINTING_H */
