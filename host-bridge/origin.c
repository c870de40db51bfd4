// SPDX-License-Identifier: BSD-2-Clause
/* The list of origins: as many as there are VMs and users. */

#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"

struct vouch_origin *vouch_origin_find(struct vouch_daemon *daemon,
				       const char *name)
{
	struct vouch_origin *o;

	for (o = daemon->origins; o; o = o->next)
		if (!strcmp(o->name, name))
			return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	snprintf(o->name, sizeof(o->name), "%s", name);
	o->held.max = VOUCH_MAX_HELD_EACH;
	o->held.whole = &daemon->held;
	o->next = daemon->origins;
	daemon->origins = o;
	return o;
}

void vouch_origin_forget(struct vouch_daemon *daemon)
{
	while (daemon->origins) {
		struct vouch_origin *o = daemon->origins;

		daemon->origins = o->next;
		free(o);
	}
}
