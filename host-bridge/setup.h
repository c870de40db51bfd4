/* SPDX-License-Identifier: BSD-2-Clause */
/* The rungs of vouchd's init ladder, in this order. Each logs its failure and
 * returns the exit code, 0 for success. */
#ifndef VOUCH_SETUP_H
#define VOUCH_SETUP_H

#include "btf.h"
#include "daemon.h"
#include "symbols.h"

struct vouch_setup_flags {
	const char *config, *log_level; /* NULL: not given */
	bool check;
};

/**
 * vouch_setup_config() - read configuration and profiles.
 * @daemon: all zero
 * @flags: the command line's
 *
 * Return: exit code.
 */
int vouch_setup_config(struct vouch_daemon *daemon,
		       const struct vouch_setup_flags *flags);

/**
 * vouch_setup_state() - make and open the state directory.
 * @daemon: with its configuration
 *
 * Return: exit code.
 */
int vouch_setup_state(struct vouch_daemon *daemon);

/**
 * vouch_setup_processes() - fork launch, link and sign.
 * @daemon: with its state directory
 *
 * Return: exit code.
 */
int vouch_setup_processes(struct vouch_daemon *daemon);

/**
 * vouch_setup_service() - open the store, listen, drop all that is not needed.
 * @daemon: with its processes
 *
 * Return: exit code.
 */
int vouch_setup_service(struct vouch_daemon *daemon);

/**
 * vouch_setup_confine() - give up what the main process does not need.
 * @daemon: with all its files and sockets open
 *
 * Return: 0 or -errno, logged.
 */
int vouch_setup_confine(struct vouch_daemon *daemon);

/**
 * vouch_setup_serve() - start VMs, take up what was left, and serve.
 * @daemon: ready
 *
 * Return: exit code.
 */
int vouch_setup_serve(struct vouch_daemon *daemon);

/**
 * vouch_setup_end() - undo whatever was set up.
 * @daemon: however far it came
 */
void vouch_setup_end(struct vouch_daemon *daemon);

/* What is known of verifier VMs' kernels, by VM. */
struct vouch_setup_kernels {
	struct vouch_symbols *symbols[VOUCH_MAX_VMS];
	struct vouch_kbtf *btf[VOUCH_MAX_VMS];
};

/**
 * vouch_setup_kernel() - read what a verifier VM's kernel is.
 * @config: the configuration
 * @vm: index of the VM; nothing is read of one without such files
 * @kernels: gets it
 *
 * Return: 0, or an exit code after logging.
 */
int vouch_setup_kernel(const struct vouch_config *config, u32 vm,
		       struct vouch_setup_kernels *kernels);

/**
 * vouch_setup_kernels_free() - free what vouch_setup_kernel() read.
 * @kernels: may be all NULL
 */
void vouch_setup_kernels_free(struct vouch_setup_kernels *kernels);

#endif /* VOUCH_SETUP_H */
