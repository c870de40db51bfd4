/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The launch process: starts and ends QEMU, and nothing else.
 *
 * It is forked before any filter is set, since QEMU inherits filters. What it
 * starts is fixed by the configuration; the main process names a VM by its
 * index and an accelerator, never a command line. VMs die with it, and it
 * dies with the main process. It also speaks to the monitor of VMs that
 * somebody else started, in a process of its own for each.
 *
 *	CALL	{"method": "start", "vm": N, "accel": "kvm" | "tcg"}
 *	RESULT	{"pid": N}
 *	CALL	{"method": "stop", "vm": N}
 *	RESULT	{}
 *	CALL	{"method": "replug", "vm": N}
 *	RESULT	{}
 *
 * and, unasked, with id 0:
 *
 *	CALL	{"method": "ended", "vm": N, "how": "...", "panicked": false}
 *	CALL	{"method": "replugged", "vm": N,
 *		 "replug": "plugged" | "absent" | "failed"}
 */
#ifndef VOUCH_LAUNCH_H
#define VOUCH_LAUNCH_H

/**
 * vouch_launch_run() - the launch process.
 * @fd: end of the socket pair
 * @config: struct vouch_config
 *
 * Return: exit status.
 */
int vouch_launch_run(int fd, const void *config);

#endif /* VOUCH_LAUNCH_H */
