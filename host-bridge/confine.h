/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Confinement: what a process of the bridge can still do once it has all that
 * its duty needs.
 *
 * No duty but launch keeps a capability, may gain privileges, dumps core, or
 * can make memory executable. Beyond that each has its list of system calls
 * (filter.c) and of directories (landlock.c); a call that is not on the list
 * ends the process.
 */
#ifndef VOUCH_CONFINE_H
#define VOUCH_CONFINE_H

#include "../common/base.h"

enum vouch_duty {
	VOUCH_DUTY_MAIN, /* sockets, vsock, database */
	VOUCH_DUTY_LINK, /* forks what checks and links */
	VOUCH_DUTY_LINK_CHILD, /* one capture; from within link only */
	VOUCH_DUTY_SIGN, /* the key */
	VOUCH_N_DUTIES,
};

#define VOUCH_CONFINE_DIRS 80

/* A directory and what may be done beneath it, as landlock.h names it. */
struct vouch_confine_dir {
	const char *path;
	bool files; /* reading, writing, making and removing files */
	bool sockets; /* removing what is bound there */
};

struct vouch_confinement {
	enum vouch_duty duty;
	int dir_fd; /* of sign: where files may be opened; -1: nowhere */
	bool dials; /* of main: may connect to Unix sockets */
	bool listens; /* of sign: takes connections of a socket it has */
	struct vouch_confine_dir dirs[VOUCH_CONFINE_DIRS];
	u32 n_dirs;
};

/**
 * vouch_confine() - give up everything that a duty does not need.
 * @c: how
 *
 * Directories are a matter of Landlock: a kernel without it is told of in the
 * log, and the rest holds.
 *
 * Return: 0 or -errno, logged; the process must then end.
 */
int vouch_confine(const struct vouch_confinement *c);

/**
 * vouch_filter_load() - allow this process only its duty's system calls.
 * @c: how
 *
 * Return: 0 or -errno.
 */
int vouch_filter_load(const struct vouch_confinement *c);

/**
 * vouch_landlock_load() - leave this process only some directories.
 * @dirs: which, and for what
 * @n: number of them; 0 leaves no file at all
 *
 * What is open already stays open.
 *
 * Return: 0, -EOPNOTSUPP if the kernel has no Landlock, or -errno.
 */
int vouch_landlock_load(const struct vouch_confine_dir *dirs, u32 n);

#endif /* VOUCH_CONFINE_H */
