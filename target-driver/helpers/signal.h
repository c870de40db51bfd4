/* SPDX-License-Identifier: GPL-2.0-only */
/* State behind the helpers that send signals. */
#ifndef VOUCH_SIGNAL_H
#define VOUCH_SIGNAL_H

#include "offer.h"

#ifdef VOUCH_OFFERS_SIGNALS
/** vouch_signal_init() - make ready what sends signals later. */
void vouch_signal_init(void);

/** vouch_signal_exit() - wait for what is still to be sent. */
void vouch_signal_exit(void);
#else
static inline void vouch_signal_init(void)
{
}

static inline void vouch_signal_exit(void)
{
}
#endif

#endif /* VOUCH_SIGNAL_H */
