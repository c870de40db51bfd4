// SPDX-License-Identifier: BSD-2-Clause
/* A socket from whoever started this process, and its connections. */

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen_fd.h"
#include "log.h"

#define FIRST 3 /* what systemd numbers them from */

static bool env_is(const char *name, long value)
{
	const char *text = getenv(name);
	char *end;

	return text && *text && strtol(text, &end, 10) == value && !*end;
}

static bool option_is(int fd, int option, int value)
{
	socklen_t len = sizeof(int);
	int got;

	return !getsockopt(fd, SOL_SOCKET, option, &got, &len) && got == value;
}

int vouch_listen_fd_take(const char **why)
{
	bool mine = env_is("LISTEN_PID", getpid());
	bool one = env_is("LISTEN_FDS", 1);

	/* Not for whatever this process starts. */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	*why = "no socket was handed over; start it by its socket unit, or by "
	       "systemd-socket-activate(1)";
	if (!mine || !one)
		return -EINVAL;
	*why = "what was handed over is not one listening Unix stream socket";
	if (!option_is(FIRST, SO_DOMAIN, AF_UNIX) ||
	    !option_is(FIRST, SO_TYPE, SOCK_STREAM) ||
	    !option_is(FIRST, SO_ACCEPTCONN, 1))
		return -EINVAL;
	*why = "its descriptor cannot be set up";
	if (fcntl(FIRST, F_SETFD, FD_CLOEXEC) || fcntl(FIRST, F_SETFL, 0) ||
	    close_range(FIRST + 1, ~0u, 0))
		return -EINVAL;
	return FIRST;
}

int vouch_listen_fd_user(const char *text, uid_t *user)
{
	const struct passwd *pw = getpwnam(text);
	unsigned long n;
	char *end;

	if (pw) {
		*user = pw->pw_uid;
		return 0;
	}
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || errno || *end || n >= UINT32_MAX)
		return -ENOENT;
	*user = (uid_t)n;
	return 0;
}

static bool is_peer(int fd, uid_t user)
{
	struct ucred cred = {};
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	if (cred.uid == user)
		return true;
	vouch_warning("refused a connection of user %u: only user %u may "
		      "connect",
		      cred.uid, user);
	return false;
}

int vouch_listen_fd_serve(int fd, uid_t user, int (*serve)(int fd, void *ctx),
			  void *ctx)
{
	for (;;) {
		int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (conn < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (conn < 0) {
			vouch_error("cannot take a connection: %s",
				    strerror(errno));
			return 1;
		}
		if (is_peer(conn, user)) {
			vouch_info("vouchd is connected");
			serve(conn, ctx);
			vouch_info("vouchd has hung up");
		}
		close(conn);
	}
}
