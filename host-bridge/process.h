/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes by duty: forked from the main one, each with a socket pair to it
 * and nothing else. confine.h has what each then gives up.
 */
#ifndef VOUCH_PROCESS_H
#define VOUCH_PROCESS_H

#include <sys/types.h>

#include "../common/base.h"

/**
 * vouch_process_spawn() - fork a process.
 * @name: for the log, a constant
 * @level: of the log
 * @run: what it does; gets its end of the socket pair; its return value is
 *	the exit status
 * @ctx: for @run
 * @fd: set to the main process's end
 * @pid: set to its process id
 *
 * The child inherits no other descriptor but standard error, and dies with
 * its parent.
 *
 * Return: 0 or -errno.
 */
int vouch_process_spawn(const char *name, int level,
			int (*run)(int fd, const void *ctx), const void *ctx,
			int *fd, pid_t *pid);

/**
 * vouch_process_close_inherited() - close what whoever started us left open.
 * @first: the first descriptor to close
 *
 * Return: 0 or -errno.
 */
int vouch_process_close_inherited(int first);

/**
 * vouch_process_drop() - stop being root.
 * @user: whom to be; NULL stays as it is, and says so if that is root
 *
 * Without the means to become root again.
 *
 * Return: 0 or -errno, logged.
 */
int vouch_process_drop(const char *user);

#endif /* VOUCH_PROCESS_H */
