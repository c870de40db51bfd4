/* SPDX-License-Identifier: GPL-2.0-only */
/* State behind the helpers of time and place. */
#ifndef VOUCH_BASIC_H
#define VOUCH_BASIC_H

/** vouch_basic_init() - seed the random numbers that programs get. */
void vouch_basic_init(void);

#endif /* VOUCH_BASIC_H */
