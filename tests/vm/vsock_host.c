// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's half of the vsock tests in a VM: serves one channel, and one
 * virtio-serial port, until it is ended.
 *
 *	vsock_host SOCKET CID [SERIAL_SOCKET]
 *
 * Each connection has a thread. Lines on standard output tell the test what
 * happens: "listening", "gone" when a guest has begun anew or left, "ended N"
 * when the Nth connection is over, "probe ..." what came of a dialled one.
 * With a serial port, "spent LINK OP VM HOST" tells the microseconds of
 * processor time that a command has cost QEMU and this program.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "../../host-bridge/vsock/vsock.h"
#include "vsock_service.h"

#define PROBE_LEN (16ull << 20)

struct link {
	int fd, guest; /* guest: what the host has dialled, -1: nothing */
	u32 port, number;
};

static struct vouch_vsock *dev;
static u32 n_boots, n_links;
static clockid_t vm_clock = -1; /* processor time of QEMU; -1: not known */

/* What came of the last connection to PORT_HALF, PORT_STUCK. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asked = PTHREAD_COND_INITIALIZER;
static bool go_on;
static s64 result = -2;

static void echo(int fd, u64 len)
{
	static __thread u8 buf[CHUNK];
	u64 done = 0;
	ssize_t n;

	while (done < len &&
	       (n = read(fd, buf, len - done < CHUNK ? len - done : CHUNK)) >
		       0 &&
	       write_all(fd, buf, n))
		done += n;
}

static bool sink(int fd, u64 len)
{
	static __thread u8 buf[CHUNK];
	ssize_t n;

	while (len) {
		n = read(fd, buf, len < CHUNK ? len : CHUNK);
		if (n <= 0)
			return false;
		len -= n;
	}
	return write_all(fd, "!", 1);
}

static s64 spent_by(clockid_t id)
{
	struct timespec t = {};

	clock_gettime(id, &t);
	return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

/* A command is over, for the guest as well, when the next one comes. */
static void account(const char *link, u64 op)
{
	static s64 vm, host;
	static const char *last_link;
	static char last_op;
	s64 vm_now, host_now;

	pthread_mutex_lock(&lock);
	vm_now = spent_by(vm_clock);
	host_now = spent_by(CLOCK_PROCESS_CPUTIME_ID);
	if (last_link)
		printf("spent %s %c %lld %lld\n", last_link, last_op,
		       (long long)(vm_now - vm), (long long)(host_now - host));
	last_link = link;
	last_op = op;
	vm = vm_now;
	host = host_now;
	pthread_mutex_unlock(&lock);
}

static void serve_commands(int fd, const char *link)
{
	struct command c;

	while (read_all(fd, &c, sizeof(c))) {
		if (vm_clock != -1)
			account(link, c.op);
		if (c.op == OP_SINK && !sink(fd, c.len))
			return;
		if (c.op == OP_SOURCE && !send_pattern(fd, c.len))
			return;
		if (c.op == OP_ECHO)
			echo(fd, c.len);
	}
}

static void *send_probe(void *arg)
{
	const int *fd = arg;

	if (send_pattern(*fd, PROBE_LEN))
		shutdown(*fd, SHUT_WR);
	return NULL;
}

/* The host dials: what it sends must come back. */
static void probe(int report, int guest)
{
	pthread_t sender;
	s64 n;

	pthread_create(&sender, NULL, send_probe, &guest);
	n = read_pattern(guest, UINT64_MAX);
	pthread_join(sender, NULL);
	close(guest);
	printf("probe %lld\n", (long long)n);
	write_all(report, n == PROBE_LEN ? "good" : "bad!", 4);
}

static void set_result(s64 value)
{
	pthread_mutex_lock(&lock);
	result = value;
	pthread_cond_broadcast(&asked);
	pthread_mutex_unlock(&lock);
}

static void half(int fd)
{
	send_pattern(fd, HALF_LEN);
	shutdown(fd, SHUT_WR);
	set_result(read_pattern(fd, UINT64_MAX));
}

static void stuck(int fd)
{
	pthread_mutex_lock(&lock);
	while (!go_on)
		pthread_cond_wait(&asked, &lock);
	go_on = false;
	pthread_mutex_unlock(&lock);
	set_result(read_pattern(fd, UINT64_MAX));
}

static void tell_result(int fd)
{
	s64 value;

	pthread_mutex_lock(&lock);
	go_on = true;
	pthread_cond_broadcast(&asked);
	while (result == -2)
		pthread_cond_wait(&asked, &lock);
	value = result;
	result = -2;
	go_on = false;
	pthread_mutex_unlock(&lock);
	write_all(fd, &value, sizeof(value));
}

static void *serve(void *arg)
{
	struct link *l = arg;
	u8 boots = n_boots;

	switch (l->port) {
	case PORT_ECHO:
		echo(l->fd, UINT64_MAX);
		break;
	case PORT_SERVICE:
		serve_commands(l->fd, "vsock");
		break;
	case PORT_DIAL:
		probe(l->fd, l->guest);
		break;
	case PORT_BOOT:
		write_all(l->fd, &boots, 1);
		break;
	case PORT_HALF:
		half(l->fd);
		break;
	case PORT_RESULT:
		tell_result(l->fd);
		break;
	case PORT_STUCK:
		stuck(l->fd);
		break;
	case PORT_SOURCE:
		send_pattern(l->fd, UINT64_MAX);
		break;
	default:
		break;
	}
	close(l->fd);
	printf("ended %u\n", l->number);
	free(l);
	return NULL;
}

static int start(int fd, int guest, u32 port)
{
	struct link *l = malloc(sizeof(*l));
	pthread_attr_t attr;
	pthread_t thread;

	*l = (struct link){ fd, guest, port, ++n_links };
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 512 << 10);
	return pthread_create(&thread, &attr, serve, l) ? -EAGAIN : 0;
}

static int accept_guest(void *ctx, u32 cid, u32 port)
{
	int pair[2], guest[2] = { -1, -1 };

	(void)ctx;
	(void)cid;
	if (!port || port > PORT_SOURCE || port == PORT_GUEST)
		return -ECONNREFUSED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	n_boots += port == PORT_BOOT;
	if (port == PORT_DIAL) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, guest))
			return -errno;
		if (vouch_vsock_connect(dev, PORT_GUEST, guest[0]))
			close(guest[0]);
	}
	return start(pair[1], guest[1], port) ? -EAGAIN : pair[0];
}

static void gone(void *ctx)
{
	(void)ctx;
	printf("gone\n");
}

static void show(void *ctx, int level, const char *text)
{
	(void)ctx;
	printf("log <%d> %s\n", level, text);
}

static const struct vouch_vsock_ops ops = {
	.accept = accept_guest,
	.gone = gone,
	.log = show,
};

static int listen_on(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(fd, 1)) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void *serve_serial(void *arg)
{
	const int *listener = arg;
	int fd = accept(*listener, NULL, NULL);
	struct ucred peer = {};
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ||
	    clock_getcpuclockid(peer.pid, &vm_clock))
		vm_clock = -1;
	if (fd >= 0)
		serve_commands(fd, "serial");
	return NULL;
}

int main(int argc, char **argv)
{
	struct epoll_event events[64];
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC), err, i, n, serial;
	pthread_t thread;

	if (argc < 3) {
		fprintf(stderr, "usage: vsock_host SOCKET CID [SERIAL]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	pattern_make();
	err = vouch_vsock_create(&dev, epoll_fd, strtoull(argv[2], NULL, 10),
				 argv[1], &ops, NULL);
	if (err) {
		fprintf(stderr, "listening on %s: %s\n", argv[1],
			strerror(-err));
		return 1;
	}
	if (argc > 3) {
		serial = listen_on(argv[3]);
		pthread_create(&thread, NULL, serve_serial, &serial);
	}
	printf("listening\n");
	for (;;) {
		n = epoll_wait(epoll_fd, events, 64, -1);
		for (i = 0; i < n; i++)
			vouch_vsock_dispatch(&events[i]);
	}
}
