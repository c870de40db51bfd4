/* SPDX-License-Identifier: BSD-2-Clause */
/* Unix sockets that a process which was killed has left behind. */
#ifndef VOUCH_STALE_H
#define VOUCH_STALE_H

#include <sys/socket.h>
#include <sys/un.h>

/**
 * vouch_stale_remove() - make room for a listener.
 * @addr: with a path
 *
 * Return: 0 if nothing is at the path, or was a socket on which nobody
 * listened and has been removed; -EADDRINUSE if somebody listens there or it
 * is no socket; or -errno.
 */
int vouch_stale_remove(const struct sockaddr_un *addr);

#endif /* VOUCH_STALE_H */
