/* SPDX-License-Identifier: BSD-2-Clause */
/* What a root can do that the agents must not. */
#ifndef ROOT_DEEDS_H
#define ROOT_DEEDS_H

#include <stdbool.h>
#include <sys/types.h>

#define MAX_DEEDS 32
#define LEFT_OPEN 7 /* a descriptor that an agent must not inherit */

struct deed {
	const char *what;
	long (*try)(void); /* negative, and errno, if it fails */
};

/*
 * Confine a child as an agent does, have it try all deeds, and tell of each
 * whether it was denied. False if the child could not be confined.
 */
bool root_deeds_try(int (*confine)(const char **what), const struct deed *more,
		    unsigned int n_more,
		    void (*tell)(bool denied, const char *what));

/* Does /proc/PID/status have this line? */
bool root_status_has(pid_t pid, const char *line);

#endif /* ROOT_DEEDS_H */
