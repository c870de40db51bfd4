/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What vouch-targetd holds while it runs. One thread, one request at a time.
 */
#ifndef VOUCH_AGENT_H
#define VOUCH_AGENT_H

#include "device.h"
#include "floor.h"

struct vouch_agent {
	const char *state; /* directory, absolute */
	int device;
	struct vouch_target_info info;
	struct vouch_floors floors;
	json_t *boot; /* what became of what was to be attached at start */
};

/* What goes back to the requester. */
struct vouch_reply {
	json_t *json; /* owned */
	u8 *blob; /* owned, malloc()ed; NULL if none */
	size_t blob_len;
};

#endif /* VOUCH_AGENT_H */
