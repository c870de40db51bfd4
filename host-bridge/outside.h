/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services in units of their own, in place of a process of the daemon's: it
 * dials them, and dials again when they are gone.
 */
#ifndef VOUCH_OUTSIDE_H
#define VOUCH_OUTSIDE_H

#include "peer.h"

struct vouch_outside {
	struct vouch_timer timer;
	struct vouch_loop *loop;
	struct vouch_peer *peer;
	const char *name; /* for the log */
	const char *path; /* of its socket; NULL: it is a process */
	u32 failures; /* in a row */
	/* Called whenever it is connected. */
	void (*ready)(struct vouch_outside *outside);
};

/**
 * vouch_outside_start() - dial a service, now and until it answers.
 * @outside: with all but timer and failures set
 */
void vouch_outside_start(struct vouch_outside *outside);

/**
 * vouch_outside_lost() - the connection is over; dial again soon.
 * @outside: the service
 * @why: for the log
 */
void vouch_outside_lost(struct vouch_outside *outside, const char *why);

#endif /* VOUCH_OUTSIDE_H */
