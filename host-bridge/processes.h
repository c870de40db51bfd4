/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes beside the main one: which there are, and their end. */
#ifndef VOUCH_PROCESSES_H
#define VOUCH_PROCESSES_H

#include "daemon.h"
#include "worker.h"

enum vouch_process_id {
	VOUCH_PROCESS_LAUNCH,
	VOUCH_PROCESS_LINK,
	VOUCH_PROCESS_SIGN,
	VOUCH_N_PROCESSES,
};

/**
 * vouch_processes_start() - fork launch, link and sign.
 * @daemon: with its state directory; its loop is set up here
 * @linker: what link needs
 * @log_level: of the processes
 *
 * What the configuration names a service for is not forked.
 *
 * Return: exit code, logged.
 */
int vouch_processes_start(struct vouch_daemon *daemon,
			  const struct vouch_linker_args *linker,
			  int log_level);

/**
 * vouch_processes_dial() - dial services that are there in place of processes.
 * @daemon: as the user that the services expect
 */
void vouch_processes_dial(struct vouch_daemon *daemon);

/**
 * vouch_processes_wait() - wait for the end of a process that was hung up on.
 * @which: one that may not have been started
 *
 * One that is stopped or hangs is killed.
 */
void vouch_processes_wait(enum vouch_process_id which);

#endif /* VOUCH_PROCESSES_H */
