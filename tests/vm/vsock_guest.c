// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guest's half of the vsock test in a VM: an init that loads the virtio
 * modules, dials the host, sends a stream and checks that it comes back, and
 * answers connections of the host. It tells the verdict on the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ECHO_PORT 1
#define SOURCE_PORT 3
#define GUEST_PORT 7
#define STREAM (64u << 20)
#define PARALLEL 256

static const char *const modules[] = {
	"virtio_ring",
	"virtio",
	"virtio_pci_modern_dev",
	"virtio_pci_legacy_dev",
	"virtio_pci",
	"vsock",
	"vmw_vsock_virtio_transport_common",
	"vmw_vsock_virtio_transport",
};

static unsigned int failed;

static void verdict(bool ok, const char *what)
{
	printf("%s - %s\n", ok ? "ok" : "not ok", what);
	failed += !ok;
}

static void load_modules(void)
{
	unsigned int i;
	char path[96];
	int fd;

	for (i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		snprintf(path, sizeof(path), "/%s.ko", modules[i]);
		fd = open(path, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			printf("# %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

static int dial(unsigned int cid, unsigned int port)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = cid,
		.svm_port = port,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static uint8_t pattern(uint32_t at)
{
	return (at * 2654435761u) >> 24;
}

/* Send and receive at the same time; half-close when all is sent. */
static bool echo(int fd, uint32_t size)
{
	static uint8_t buf[65536];
	uint32_t out = 0, in = 0, i;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };

		if (out < size)
			p.events |= POLLOUT;
		if (poll(&p, 1, 20000) <= 0)
			return false;
		if (out < size && p.revents & POLLOUT) {
			uint32_t len = size - out;

			if (len > sizeof(buf))
				len = sizeof(buf);
			for (i = 0; i < len; i++)
				buf[i] = pattern(out + i);
			n = write(fd, buf, len);
			if (n < 0 && errno != EAGAIN)
				return false;
			if (n > 0)
				out += n;
			if (out == size)
				shutdown(fd, SHUT_WR);
		}
		n = read(fd, buf, sizeof(buf));
		if (!n)
			return in == size;
		for (i = 0; n > 0 && i < (uint32_t)n; i++)
			if (buf[i] != pattern(in++))
				return false;
		if (n < 0 && errno != EAGAIN)
			return false;
	}
}

static void test_echo(void)
{
	double start = now();
	int fd = dial(VMADDR_CID_HOST, ECHO_PORT);
	bool ok;

	verdict(fd >= 0, "the guest connects to the host");
	ok = fd >= 0 && echo(fd, STREAM);
	verdict(ok, "64 MiB come back unchanged and half-close ends both ways");
	printf("# echo of 64 MiB: %.2f s\n", now() - start);
	close(fd);
}

static void test_parallel(void)
{
	int fds[PARALLEL], i;
	bool ok = true;

	for (i = 0; i < PARALLEL; i++)
		fds[i] = dial(VMADDR_CID_HOST, ECHO_PORT);
	for (i = 0; i < PARALLEL; i++) {
		ok = ok && fds[i] >= 0 && echo(fds[i], 4096);
		close(fds[i]);
	}
	verdict(ok, "256 connections at a time");
}

static void test_refused(void)
{
	verdict(dial(VMADDR_CID_HOST, 99) < 0 && errno == ECONNRESET,
		"a port without service is reset");
	verdict(dial(77, ECHO_PORT) < 0, "another guest's CID is refused");
	verdict(dial(VMADDR_CID_HOST, ECHO_PORT) >= 0,
		"the channel is still there");
}

static void test_round_trip(void)
{
	int fd = dial(VMADDR_CID_HOST, ECHO_PORT), i;
	double start = now();
	char c = 'x';
	bool ok = fd >= 0;

	for (i = 0; ok && i < 1000; i++)
		ok = write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1;
	verdict(ok, "1000 round trips of one byte");
	printf("# round trip: %.0f us\n", (now() - start) * 1e3);
	close(fd);
}

/* The host dials the guest when the guest asks for it at SOURCE_PORT. */
static void test_host_dials(void)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = GUEST_PORT,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0), conn, ask;
	char buf[64];
	bool ok = true;
	ssize_t n;

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8))
		ok = false;
	ask = dial(VMADDR_CID_HOST, SOURCE_PORT);
	conn = ok ? accept(fd, NULL, NULL) : -1;
	ok = conn >= 0;
	while (ok && (n = read(conn, buf, sizeof(buf))) > 0)
		ok = write(conn, buf, n) == n;
	close(conn);
	ok = ok && read(ask, buf, sizeof(buf)) == 4 && !memcmp(buf, "good", 4);
	verdict(ok, "the host connects to the guest");
	close(ask);
	close(fd);
}

int main(void)
{
	int fd;

	setvbuf(stdout, NULL, _IONBF, 0);
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	dup2(fd, 1);
	dup2(fd, 2);
	load_modules();
	test_echo();
	test_parallel();
	test_refused();
	test_round_trip();
	test_host_dials();
	printf("VSOCK TEST %s\n", failed ? "FAILED" : "PASSED");
	reboot(RB_POWER_OFF);
	return 0;
}
