/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes by duty: forked from the main one, each with a socket pair to it
 * and nothing else, each confined to the system calls of its duty.
 */
#ifndef VOUCH_PROCESS_H
#define VOUCH_PROCESS_H

#include <sys/types.h>

#include "../common/base.h"

enum vouch_duty {
	VOUCH_DUTY_MAIN,
	VOUCH_DUTY_LINK,
	VOUCH_DUTY_SIGN,
};

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
 * vouch_process_drop() - stop being root.
 * @user: whom to be; NULL stays as it is, and says so if that is root
 *
 * Return: 0 or -errno, logged.
 */
int vouch_process_drop(const char *user);

/**
 * vouch_process_confine() - give up everything that the duty does not need.
 * @duty: of this process
 *
 * No new privileges, no core dump of keys, and a list of allowed system
 * calls; any other ends the process.
 *
 * Return: 0 or -errno, logged.
 */
int vouch_process_confine(enum vouch_duty duty);

#endif /* VOUCH_PROCESS_H */
