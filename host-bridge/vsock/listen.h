/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Unix socket on which a device waits for its front end.
 */
#ifndef VOUCH_VSOCK_LISTEN_H
#define VOUCH_VSOCK_LISTEN_H

/* Bytes of a path with its NUL, as in struct sockaddr_un. */
#define VOUCH_LISTEN_PATH 108

/**
 * vouch_listen_open() - listen on a path, in place of a dead listener.
 * @path: shorter than VOUCH_LISTEN_PATH
 *
 * Return: the non-blocking socket, -EADDRINUSE if somebody listens there or
 * the path is no socket, or -errno.
 */
int vouch_listen_open(const char *path);

/**
 * vouch_listen_close() - stop listening and remove the path.
 * @fd: the socket; if negative, nothing is done
 * @path: as given to vouch_listen_open()
 */
void vouch_listen_close(int fd, const char *path);

#endif /* VOUCH_VSOCK_LISTEN_H */
