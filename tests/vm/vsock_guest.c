// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guest's half of the vsock tests in a VM: an init that loads modules,
 * sends streams and checks what comes back, and answers connections of the
 * host. It tells what passed on the console. With "bench" on the kernel's
 * command line it measures instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "vsock_guest.h"

#define PARALLEL 256
#define PATIENCE 60000 /* ms until something that should happen has failed */
#define STALL 3000 /* ms without progress: a peer that does not read */

static const char *const modules[] = {
	"virtio_ring",
	"virtio",
	"virtio_pci_modern_dev",
	"virtio_pci_legacy_dev",
	"virtio_pci",
	"virtio_console",
	"vsock",
	"vmw_vsock_virtio_transport_common",
	"vmw_vsock_virtio_transport",
};

static void verdict(bool ok, const char *what)
{
	printf("%s %s\n", ok ? "ok" : "not ok", what);
}

static void load_modules(void)
{
	unsigned int i;
	char path[96];
	int fd;

	for (i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		snprintf(path, sizeof(path), "/modules/%s.ko", modules[i]);
		fd = open(path, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			printf("# %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

/* With buffers as the programs of the project have them (common/dial.c). */
int vsock_dial(unsigned int cid, unsigned int port)
{
	const uint64_t size = 1u << 20;
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = cid,
		.svm_port = port,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_MAX_SIZE, &size,
		   sizeof(size));
	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &size,
		   sizeof(size));
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

/* A connection whose bytes must come back, as far as it has got. */
struct echo {
	int fd;
	uint64_t size, out, in;
	bool done, ok;
};

static void echo_write(struct echo *e)
{
	uint64_t len = e->size - e->out;
	ssize_t n;

	n = write(e->fd, pattern_at(e->out), len < CHUNK ? len : CHUNK);
	if (n > 0)
		e->out += n;
	else if (errno != EAGAIN)
		e->done = true;
	if (e->out == e->size)
		shutdown(e->fd, SHUT_WR);
}

static void echo_read(struct echo *e)
{
	static uint8_t buf[CHUNK];
	ssize_t n = read(e->fd, buf, sizeof(buf));

	if (n < 0 && errno == EAGAIN)
		return;
	e->done = n <= 0 || memcmp(buf, pattern_at(e->in), n);
	e->ok = !n && e->in == e->size;
	e->in += n > 0 ? n : 0;
}

/* All at the same time, each half-closed when all is sent. */
static bool run_echoes(struct echo *echoes, unsigned int n)
{
	static struct pollfd fds[PARALLEL];
	unsigned int i, left = n;
	bool ok = true;

	for (i = 0; i < n; i++)
		fcntl(echoes[i].fd, F_SETFL, O_NONBLOCK);
	while (left) {
		for (i = 0; i < n; i++)
			fds[i] = (struct pollfd){
				echoes[i].done ? -1 : echoes[i].fd,
				echoes[i].out < echoes[i].size
					? POLLIN | POLLOUT
					: POLLIN,
				0,
			};
		if (poll(fds, n, PATIENCE) <= 0)
			return false;
		for (i = 0; i < n; i++) {
			struct echo *e = &echoes[i];

			if (fds[i].revents & POLLOUT && e->out < e->size)
				echo_write(e);
			if (fds[i].revents & ~POLLOUT && !e->done)
				echo_read(e);
			if (fds[i].fd >= 0 && e->done) {
				left--;
				ok = ok && e->ok;
			}
		}
	}
	return ok;
}

static bool echo_once(uint64_t size)
{
	struct echo e = { .fd = vsock_dial(VMADDR_CID_HOST, PORT_ECHO),
			  .size = size };
	bool ok = e.fd >= 0 && run_echoes(&e, 1);

	close(e.fd);
	return ok;
}

/* Such a guest sends no more ahead than the buffer holds. */
static void test_small_buffer(void)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_HOST,
		.svm_port = PORT_ECHO,
	};
	struct echo e = { .fd = socket(AF_VSOCK, SOCK_STREAM, 0),
			  .size = 1 << 20 };
	uint64_t size = 4096;

	setsockopt(e.fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &size,
		   sizeof(size));
	verdict(!connect(e.fd, (struct sockaddr *)&addr, sizeof(addr)) &&
			run_echoes(&e, 1),
		"a socket whose buffer is 4 KiB");
	close(e.fd);
}

static void test_parallel(void)
{
	static struct echo echoes[PARALLEL];
	bool ok = true;
	int i;

	for (i = 0; i < PARALLEL; i++) {
		echoes[i] = (struct echo){
			.fd = vsock_dial(VMADDR_CID_HOST, PORT_ECHO),
			.size = 20000 + i * 64,
		};
		ok = ok && echoes[i].fd >= 0;
	}
	verdict(ok, "256 connections at a time");
	verdict(ok && run_echoes(echoes, PARALLEL),
		"data on all of them at the same time");
	for (i = 0; i < PARALLEL; i++)
		close(echoes[i].fd);
}

static void test_refused(void)
{
	int fd;

	verdict(vsock_dial(VMADDR_CID_HOST, PORT_NOBODY) < 0 &&
			errno == ECONNRESET,
		"a port without service is reset");
	verdict(vsock_dial(77, PORT_ECHO) < 0,
		"another guest's CID is refused");
	fd = vsock_dial(VMADDR_CID_HOST, PORT_ECHO);
	verdict(fd >= 0, "the channel is still there");
	close(fd);
}

static int64_t host_result(void)
{
	int fd = vsock_dial(VMADDR_CID_HOST, PORT_RESULT);
	int64_t value = -3;

	if (fd < 0 || !read_all(fd, &value, sizeof(value)))
		value = -3;
	close(fd);
	return value;
}

static void test_half_close(void)
{
	int fd = vsock_dial(VMADDR_CID_HOST, PORT_HALF);
	char c;

	verdict(read_pattern(fd, UINT64_MAX) == HALF_LEN,
		"the host's half-close follows its data");
	verdict(send_pattern(fd, HALF_LEN) && !shutdown(fd, SHUT_WR) &&
			host_result() == HALF_LEN && !read(fd, &c, 1),
		"and the other way stays open");
	close(fd);
}

/* The host dials when the guest asks for it, and sends while it receives. */
static void test_host_dials(void)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = PORT_GUEST,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0), conn, ask;
	static char buf[CHUNK];
	bool ok = true;
	ssize_t n;

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 8))
		ok = false;
	ask = vsock_dial(VMADDR_CID_HOST, PORT_DIAL);
	conn = ok ? accept(fd, NULL, NULL) : -1;
	verdict(conn >= 0, "the host connects to the guest");
	while (conn >= 0 && (n = read(conn, buf, sizeof(buf))) > 0)
		ok = ok && write_all(conn, buf, n);
	close(conn);
	verdict(ok && read_all(ask, buf, 4) && !memcmp(buf, "good", 4),
		"and has its data echoed");
	close(ask);
	close(fd);
}

/* Write until nothing more is taken. */
static uint64_t write_until_stall(int fd)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	uint64_t out = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (poll(&p, 1, STALL) > 0) {
		n = write(fd, pattern_at(out), CHUNK);
		if (n < 0 && errno != EAGAIN)
			break;
		out += n > 0 ? n : 0;
	}
	fcntl(fd, F_SETFL, 0);
	return out;
}

static void test_stalls(void)
{
	int stuck = vsock_dial(VMADDR_CID_HOST, PORT_STUCK);
	int source = vsock_dial(VMADDR_CID_HOST, PORT_SOURCE);
	uint64_t out = write_until_stall(stuck);
	struct pollfd p = { source, POLLIN, 0 };

	verdict(out > 0 && out < 4 << 20,
		"a peer that does not read stops the sender");
	verdict(poll(&p, 1, PATIENCE) == 1 && echo_once(4 << 20),
		"others go on, where host and guest do not read");
	printf("STALLED\n");
	shutdown(stuck, SHUT_WR);
	verdict(host_result() == (int64_t)out, "it gets all once it reads");
	verdict(read_pattern(source, 8 << 20) == 8 << 20,
		"and so does the guest");
	close(stuck);
	close(source);
}

static unsigned int boots(void)
{
	int fd = vsock_dial(VMADDR_CID_HOST, PORT_BOOT);
	unsigned char n = 0;

	if (fd < 0 || !read_all(fd, &n, 1))
		n = 0;
	close(fd);
	return n;
}

/* Data are under way on some connections when the VM is reset. */
static void wait_for_reset(void)
{
	int source = vsock_dial(VMADDR_CID_HOST, PORT_SOURCE);
	int echo = vsock_dial(VMADDR_CID_HOST, PORT_ECHO);
	static char buf[CHUNK];

	vsock_dial(VMADDR_CID_HOST, PORT_STUCK);
	printf("RESET ME\n");
	while (read_all(source, buf, CHUNK) && write_all(echo, buf, 1000) &&
	       read_all(echo, buf, 1000))
		;
	verdict(false, "the VM is not reset");
}

static void run_tests(uint64_t size)
{
	char text[80];

	if (boots() > 1) {
		verdict(echo_once(size), "a guest that was reset can echo");
		test_host_dials();
		return;
	}
	snprintf(text, sizeof(text),
		 "%llu MiB come back unchanged, and their end",
		 (unsigned long long)size >> 20);
	verdict(echo_once(size), text);
	test_small_buffer();
	test_parallel();
	test_refused();
	test_half_close();
	test_host_dials();
	test_stalls();
	wait_for_reset();
}

int main(void)
{
	char line[1024] = "";
	const char *size;
	int fd;

	setvbuf(stdout, NULL, _IONBF, 0);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	dup2(fd, 1);
	dup2(fd, 2);
	load_modules();
	pattern_make();
	fd = open("/proc/cmdline", O_RDONLY);
	if (read(fd, line, sizeof(line) - 1) < 0)
		line[0] = 0;
	size = strstr(line, "mib=");
	if (strstr(line, "bench"))
		vsock_bench();
	else
		run_tests((size ? strtoull(size + 4, NULL, 10) : 16) << 20);
	printf("DONE\n");
	reboot(RB_POWER_OFF);
	return 0;
}
