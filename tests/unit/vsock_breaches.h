/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways to break the rules of the vsock channel, one after the other, beside
 * another VM (vsock_bystander.h) that must not notice any of them.
 */
#ifndef VSOCK_BREACHES_H
#define VSOCK_BREACHES_H

#include "vsock_bystander.h"

/* A way to break the rules, which must end the front end. */
struct breach {
	const char *name;
	void (*act)(void);
	const char *log; /* part of the reason that must be logged */
};

/* Neither @breaches nor what follows one may touch the other VM's connection,
 * whose data go on after each. */
static void check_breaches(const struct breach *breaches, u32 n)
{
	char name[128];
	u32 i;

	check(bystander_begin(), "another VM connects");
	for (i = 0; i < n; i++) {
		bool up = front_up(BUFFERS) && connects(1000), ended;

		n_gone = 0;
		last_log[0] = 0;
		breaches[i].act();
		ended = !front_alive() && n_gone == 1 &&
			strstr(last_log, breaches[i].log);
		/* A queue marked broken must not be looked at again. */
		kick(TX);
		kick(RX);
		ended = ended && !front_step() && !vouch_vsock_ready(dev);
		snprintf(name, sizeof(name), "ends the front end: %s",
			 breaches[i].name);
		check(up && ended && front_up(BUFFERS) && connects(1001), name);
		snprintf(name, sizeof(name), "another VM's data go on: %s",
			 breaches[i].name);
		check(bystander_echo(), name);
	}
}

#endif /* VSOCK_BREACHES_H */
