/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services that a socket is handed to when they are started, as systemd does
 * it (sd_listen_fds(3)), and that serve one connection at a time.
 *
 * The protocol is three environment variables. libsystemd, which reads them
 * too, would bring half a dozen compression and cipher libraries into the
 * process that has the key.
 */
#ifndef VOUCH_LISTEN_FD_H
#define VOUCH_LISTEN_FD_H

#include <sys/types.h>

#include "../common/base.h"

/**
 * vouch_listen_fd_take() - take the socket that was handed over.
 * @why: set to a constant text that says what is wrong, on error
 *
 * It must be one listening Unix stream socket; every descriptor beyond it is
 * closed.
 *
 * Return: the descriptor, or -EINVAL with @why.
 */
int vouch_listen_fd_take(const char **why);

/**
 * vouch_listen_fd_user() - read who may connect.
 * @text: name, or number for a user that is listed nowhere
 * @user: set on success
 *
 * Return: 0 or -ENOENT.
 */
int vouch_listen_fd_user(const char *text, uid_t *user);

/**
 * vouch_listen_fd_serve() - serve connections, one at a time, for ever.
 * @fd: as vouch_listen_fd_take() returned it
 * @user: the only one that may connect
 * @serve: serves one connection; its return value does not matter
 * @ctx: for @serve
 *
 * Return: 1, when no more connections can be had.
 */
int vouch_listen_fd_serve(int fd, uid_t user, int (*serve)(int fd, void *ctx),
			  void *ctx);

#endif /* VOUCH_LISTEN_FD_H */
