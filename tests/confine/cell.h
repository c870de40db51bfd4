/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cell: a child in the confinement of one duty, in which one thing is tried.
 */
#ifndef VOUCH_TEST_CELL_H
#define VOUCH_TEST_CELL_H

#include <sys/types.h>

#include "../../host-bridge/confine.h"

/* Where a cell finds things; what is outside is not its business. */
#define CELL_DIR 50 /* open: the only directory of sign */
#define CELL_PAIR 51 /* one end of a socket pair */

/* What became of a try. */
enum cell_end {
	CELL_WORKED,
	CELL_FAILED, /* with an errno */
	CELL_KILLED, /* SIGSYS */
	CELL_ABORTED, /* SIGABRT */
	CELL_BROKEN, /* the cell could not be made, or died otherwise */
};

struct cell {
	enum vouch_duty duty;
	bool dials, listens;
};

extern char vouch_cell_state[64]; /* the state directory */
extern char vouch_cell_secret[64]; /* a file outside of it */

/**
 * vouch_cell_open() - make the directories that cells see.
 */
void vouch_cell_open(void);

/**
 * vouch_cell_close() - remove them.
 */
void vouch_cell_close(void);

/**
 * vouch_cell_has_landlock() - can the kernel restrict directories?
 *
 * Return: true if so.
 */
bool vouch_cell_has_landlock(void);

/**
 * vouch_cell_enter() - confine this process.
 * @cell: how
 *
 * Return: 0, or negative if it cannot be.
 */
int vouch_cell_enter(const struct cell *cell);

/**
 * vouch_cell_try() - do something in a cell.
 * @cell: which
 * @deed: returns 0, or -1 with errno
 * @arg: for @deed
 * @err: set to the errno of CELL_FAILED
 *
 * Return: what became of it.
 */
enum cell_end vouch_cell_try(const struct cell *cell,
			     int (*deed)(const void *arg), const void *arg,
			     int *err);

/**
 * vouch_cell_allows() - would a system call be let through?
 * @cell: which
 * @call: number of the call
 * @args: its first five arguments
 *
 * A second filter keeps it from being done.
 *
 * Return: 1 if so, 0 if the process is ended, negative if neither.
 */
int vouch_cell_allows(const struct cell *cell, long call, const long args[5]);

#endif /* VOUCH_TEST_CELL_H */
