// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's half of the vsock test in a VM: serves one channel until its
 * front end is gone. Port 1 echoes; a connection to port 3 makes the host
 * dial the guest's port 7 and tell on the first connection how it went.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../host-bridge/vsock/vsock.h"

static struct vouch_vsock *dev;
static bool over;

/* A child per connection keeps the services as simple as can be. */
static void echo(int fd)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		while (n > 0) {
			ssize_t m = send(fd, buf, n, MSG_NOSIGNAL);

			if (m <= 0)
				return;
			memmove(buf, buf + m, n - m);
			n -= m;
		}
}

static void probe(int report, int guest)
{
	char buf[16] = "";

	if (write(guest, "hello guest", 11) != 11)
		return;
	shutdown(guest, SHUT_WR);
	if (recv(guest, buf, sizeof(buf), MSG_WAITALL) == 11 &&
	    !memcmp(buf, "hello guest", 11) && write(report, "good", 4) == 4)
		return;
	fprintf(stderr, "# the guest did not echo\n");
}

static int serve(void *ctx, u32 cid, u32 port)
{
	int pair[2], guest[2] = { -1, -1 };

	(void)ctx;
	(void)cid;
	if (port != 1 && port != 3)
		return -ECONNREFUSED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	if (port == 3 &&
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, guest))
		return -errno;
	if (!fork()) {
		close(pair[0]);
		if (port == 3) {
			close(guest[0]);
			probe(pair[1], guest[1]);
		} else {
			echo(pair[1]);
		}
		_exit(0);
	}
	close(pair[1]);
	if (port == 3) {
		close(guest[1]);
		if (vouch_vsock_connect(dev, 7, guest[0]))
			close(guest[0]);
	}
	return pair[0];
}

static void gone(void *ctx)
{
	(void)ctx;
	over = true;
}

static void show(void *ctx, int level, const char *text)
{
	(void)ctx;
	fprintf(stderr, "<%d> %s\n", level, text);
}

static const struct vouch_vsock_ops ops = {
	.accept = serve,
	.gone = gone,
	.log = show,
};

int main(int argc, char **argv)
{
	struct epoll_event events[64];
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC), err, i, n;

	if (argc != 3) {
		fprintf(stderr, "usage: vsock_host SOCKET CID\n");
		return 2;
	}
	err = vouch_vsock_create(&dev, epoll_fd, strtoull(argv[2], NULL, 10),
				 argv[1], &ops, NULL);
	if (err) {
		fprintf(stderr, "listening on %s: %s\n", argv[1],
			strerror(-err));
		return 1;
	}
	while (!over) {
		n = epoll_wait(epoll_fd, events, 64, -1);
		for (i = 0; i < n; i++)
			vouch_vsock_dispatch(&events[i]);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	vouch_vsock_destroy(dev);
	return 0;
}
