/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's monitor: just enough to hear why a VM ends. */
#ifndef VOUCH_QMP_H
#define VOUCH_QMP_H

#include "../common/base.h"

#define VOUCH_QMP_LINE 8192

struct vouch_qmp {
	int fd; /* -1: closed */
	bool panicked; /* the guest's kernel said so */
	char reason[32]; /* of the shutdown, as QEMU calls it */
	size_t len;
	char line[VOUCH_QMP_LINE];
};

/**
 * vouch_qmp_open() - begin to talk to a monitor.
 * @qmp: filled
 * @fd: a connected socket, from now on @qmp's
 *
 * Return: 0 or -errno; @fd is closed on error.
 */
int vouch_qmp_open(struct vouch_qmp *qmp, int fd);

/**
 * vouch_qmp_read() - take what the monitor has said; does not block.
 * @qmp: the monitor; closed at the end of the stream
 */
void vouch_qmp_read(struct vouch_qmp *qmp);

/**
 * vouch_qmp_close() - hang up.
 * @qmp: the monitor, open or not
 */
void vouch_qmp_close(struct vouch_qmp *qmp);

#endif /* VOUCH_QMP_H */
