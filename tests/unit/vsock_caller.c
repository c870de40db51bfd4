// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel on a host that lacks something, or whose program calls the
 * library wrongly: refused with the reason, and fit for the next.
 */
#include <sys/resource.h>

#include "vsock_driver.h"

/* A socket file that a killed process has left. */
static void test_leftover(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct vouch_vsock *other = NULL;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s.old", sock_path);
	if (bind(fd, (void *)&addr, sizeof(addr)))
		die("bind");
	close(fd);
	check(!vouch_vsock_create(&other, epoll_fd, 50, addr.sun_path,
				  &host_ops, NULL),
	      "a socket without listener is replaced");
	vouch_vsock_destroy(other);
	check(access(addr.sun_path, F_OK) < 0, "and removed at the end");
}

/* A host without free file descriptors: no front end, but no frenzy. */
static void test_no_files(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct rlimit old, none;
	int fd;

	front_disconnect();
	strcpy(addr.sun_path, sock_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 1;
	setrlimit(RLIMIT_NOFILE, &none);
	if (connect(fd, (void *)&addr, sizeof(addr)))
		die("connect");
	n_logs = 0;
	front_step();
	check(n_logs == 1 && strstr(last_log, "accepting the VM") &&
		      !front_step(),
	      "a host without file descriptors says so and rests");
	setrlimit(RLIMIT_NOFILE, &old);
	close(fd);
	check(front_up(BUFFERS) && connects(1), "and serves the next");
}

/* What the host's own program does wrong. */
static void test_host(void)
{
	int pair[2], i, err = 0;
	u32 n = 0;

	front_up(BUFFERS);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		die("socketpair");
	check(vouch_vsock_connect(dev, 1, pair[0]) == -EPROTOTYPE,
	      "a datagram socket is refused");
	close(pair[0]);
	close(pair[1]);
	for (i = 0; i < 1100 && !err; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
			die("socketpair");
		err = vouch_vsock_connect(dev, 1, pair[0]);
		n += !err;
		if (err)
			close(pair[0]);
		ends[n_ends++] = pair[1];
	}
	check(err == -EMFILE && n == VOUCH_VSOCK_MAX_CONNS,
	      "the host may dial up to the limit as well");
}

static void test_files(void)
{
	struct vouch_vsock *other = NULL;
	int file;

	check(vouch_vsock_create(&other, epoll_fd, 2, "/tmp/x", &host_ops,
				 NULL) == -EINVAL &&
		      vouch_vsock_create(&other, epoll_fd, 1ull << 32 | 5,
					 "/tmp/x", &host_ops, NULL) == -EINVAL,
	      "reserved CIDs are refused");
	front_disconnect();
	check(vouch_vsock_create(&other, epoll_fd, 50, sock_path, &host_ops,
				 NULL) == -EADDRINUSE,
	      "a path on which somebody listens is refused");
	front_step();
	file = open("/tmp/vsock-test-file", O_CREAT | O_RDWR, 0600);
	check(vouch_vsock_create(&other, epoll_fd, 50, "/tmp/vsock-test-file",
				 &host_ops, NULL) == -EADDRINUSE,
	      "a path that is another file is refused");
	unlink("/tmp/vsock-test-file");
	close(file);
	check(ftruncate(make_memory(4096, F_SEAL_SHRINK), 0) < 0,
	      "sealed memory cannot shrink under the library");
}

int main(void)
{
	front_begin();
	test_no_files();
	test_host();
	test_files();
	test_leftover();
	front_disconnect();
	return front_end();
}
