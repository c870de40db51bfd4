/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A front end and a driver in user space, for the tests of the vsock channel:
 * they speak to the real library over a real Unix socket, with memory in a
 * memfd, all in one thread. front_step() lets the library run until it rests.
 */
#ifndef VSOCK_FRONT_H
#define VSOCK_FRONT_H

#include <fcntl.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../host-bridge/vsock/device.h"
#include "../../host-bridge/vsock/vsock.h"

#define MAYBE_UNUSED __attribute__((unused))

#define CID 42u
#define NUM 128u /* descriptors of each ring */
#define SLOTS (NUM / 2) /* packets that may wait in the send queue */
#define RX_SIZE 4096u /* bytes of a receive buffer */
#define TX_SIZE 65536u /* most payload of a packet */
#define HEAD ((u32)sizeof(struct virtio_vsock_hdr))
#define GUEST_BASE 0x100000ull
#define USER_BASE 0x7f0000000000ull
#define NEEDED (1ull << 32 | 1ull << 30)
#define EVENTS (1ull << VIRTIO_RING_F_EVENT_IDX)
#define FEATURES (NEEDED | EVENTS)

/* Where things lie in guest memory. */
#define RING_OFF(q) ((q)*0x4000ull)
#define RX_OFF 0x10000ull
#define TX_HEAD_OFF (RX_OFF + NUM * RX_SIZE)
#define TX_OFF (TX_HEAD_OFF + 0x10000)
#define MEM_SIZE (TX_OFF + SLOTS * (u64)TX_SIZE)

enum { RX, TX };

struct front_ring {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	u16 next, seen, kicked;
	bool events; /* who tells what is said by indexes, not by flags */
	int kick, call;
};

struct message {
	u32 request, flags, size;
	union {
		u64 value;
		u32 word[2];
		struct {
			u32 index, flags;
			u64 desc, used, avail, log;
		} addr;
		struct {
			u32 n, padding;
			u64 region[8][4];
		} table;
		struct {
			u32 offset, size, flags;
			u8 bytes[256];
		} config;
		u8 raw[600];
	};
} __attribute__((packed));

static int epoll_fd;
static struct vouch_vsock *dev;
static u64 cid = CID; /* of the guest that is being played */
static char sock_path[64];
static char last_log[320];
static unsigned int n_gone, n_logs;

/* The devices' timers. */
static const void *timers[2];

/* What was asked of the library, and how often that woke it. */
static u64 n_acts, n_events;

/* Local ends of what the guest has dialled, in order. */
#define MAX_ENDS 4096
static int ends[MAX_ENDS];
static u32 n_ends;
static u32 refused_port = 99;

/* Whether the next front end's driver takes VIRTIO_RING_F_EVENT_IDX. */
static bool front_events;

static int front_sock = -1;
static int mem_fd = -1;
static u8 *mem;
static struct front_ring rings[2];
static u32 tx_busy; /* packets handed over and not reclaimed */
static u32 rx_posted;

static unsigned int n_passed, n_failed;

MAYBE_UNUSED static void check(bool ok, const char *what)
{
	if (ok)
		n_passed++;
	else
		n_failed++;
	printf("%s %u - %s%s%s\n", ok ? "ok" : "not ok", n_passed + n_failed,
	       what, ok ? "" : " # last log: ", ok ? "" : last_log);
	fflush(stdout);
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(2);
}

static int host_accept(void *ctx, u32 guest_cid, u32 port)
{
	int pair[2];

	(void)ctx;
	if (guest_cid != CID || port == refused_port || n_ends == MAX_ENDS)
		return -ECONNREFUSED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return -errno;
	ends[n_ends++] = pair[1];
	return pair[0];
}

static void host_gone(void *ctx)
{
	(void)ctx;
	n_gone++;
}

static void host_log(void *ctx, int level, const char *text)
{
	(void)ctx;
	(void)level;
	n_logs++;
	snprintf(last_log, sizeof(last_log), "%s", text);
}

static const struct vouch_vsock_ops host_ops = {
	.accept = host_accept,
	.gone = host_gone,
	.log = host_log,
};

static void close_ends(void)
{
	while (n_ends)
		if (ends[--n_ends] >= 0)
			close(ends[n_ends]);
}

/* Let the library run until no event is left; a loop without end is a
 * failure of its own. Returns the number of events. */
static u32 front_step(void)
{
	struct epoll_event events[64];
	u32 total = 0;
	int i, n;

	while ((n = epoll_wait(epoll_fd, events, 64, 0)) > 0) {
		for (i = 0; i < n; i++) {
			vouch_vsock_dispatch(&events[i]);
			/* When time is up is nothing to count. */
			if (events[i].data.ptr == timers[0] ||
			    events[i].data.ptr == timers[1])
				continue;
			total++;
			n_events++;
		}
		if (total > 100000) {
			errno = ELOOP;
			die("the library does not come to rest");
		}
	}
	return total;
}

static void front_begin(void)
{
	int err;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	snprintf(sock_path, sizeof(sock_path), "/tmp/vsock-test-%d.sock",
		 getpid());
	err = vouch_vsock_create(&dev, epoll_fd, CID, sock_path, &host_ops,
				 NULL);
	if (err) {
		errno = -err;
		die("vouch_vsock_create");
	}
	timers[0] = &dev->vhost.late_event;
}

static int front_end(void)
{
	vouch_vsock_destroy(dev);
	close_ends();
	close(epoll_fd);
	printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed != 0;
}

/* Send a message with files; false if the front end is cut off. */
static bool front_send(const void *bytes, u32 len, const int *fds, u32 n)
{
	char control[CMSG_SPACE(sizeof(int) * 16)] = { 0 };
	struct iovec iov = { (void *)bytes, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (n) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	}
	n_acts++;
	return sendmsg(front_sock, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool front_alive(void)
{
	char c;

	front_step();
	return front_sock >= 0 &&
	       recv(front_sock, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       errno == EAGAIN;
}

static bool front_request(u32 request, struct message *m, u32 size, int fd)
{
	m->request = request;
	m->flags = 1;
	m->size = size;
	return front_send(m, 12 + size, &fd, fd >= 0) && front_alive();
}

/* A request that has an answer, which replaces @m. */
static bool front_ask(u32 request, struct message *m, u32 size)
{
	m->request = request;
	m->flags = 1;
	m->size = size;
	if (!front_send(m, 12 + size, NULL, 0))
		return false;
	front_step();
	return recv(front_sock, m, sizeof(*m), MSG_DONTWAIT) > 12 &&
	       m->flags == 5 && m->request == request;
}

static bool front_value(u32 request, u64 value, int fd)
{
	struct message m = { .value = value };

	return front_request(request, &m, 8, fd);
}

static bool front_state(u32 request, u32 index, u32 num)
{
	struct message m = { .word = { index, num } };

	return front_request(request, &m, 8, -1);
}

static void front_disconnect(void)
{
	int q;

	if (front_sock < 0)
		return;
	close(front_sock);
	front_sock = -1;
	munmap(mem, MEM_SIZE);
	close(mem_fd);
	for (q = 0; q < 2; q++) {
		close(rings[q].kick);
		close(rings[q].call);
	}
	front_step();
	close_ends();
	front_step();
}

static int make_memory(u64 size, unsigned int seals)
{
	int fd = memfd_create("guest", MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, size) ||
	    (seals && fcntl(fd, F_ADD_SEALS, seals)))
		die("memfd");
	return fd;
}

static void lay_out(void)
{
	int q;

	mem_fd = make_memory(MEM_SIZE, F_SEAL_SHRINK | F_SEAL_GROW);
	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, mem_fd,
		   0);
	if (mem == MAP_FAILED)
		die("mmap");
	for (q = 0; q < 2; q++) {
		u8 *at = mem + RING_OFF(q);

		rings[q] = (struct front_ring){
			.desc = (void *)at,
			.avail = (void *)(at + 0x1000),
			.used = (void *)(at + 0x2000),
			.events = front_events,
			.kick = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
			.call = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		};
	}
	tx_busy = rx_posted = 0;
}

/* Connect the socket; nothing is said yet. */
static void front_dial(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	front_disconnect();
	lay_out();
	strcpy(addr.sun_path, sock_path);
	front_sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(front_sock, (void *)&addr, sizeof(addr)))
		die("connect");
	front_step();
}

static bool front_memory(void)
{
	struct message m = {
		.table = { .n = 1,
			   .region = { { GUEST_BASE, MEM_SIZE, USER_BASE,
					 0 } } },
	};

	return front_request(5, &m, 8 + 32, mem_fd);
}

static bool front_features(void)
{
	struct message m = { 0 };
	bool ok;

	ok = front_ask(1, &m, 0) && m.value == FEATURES;
	ok = ok && front_ask(15, &m, 0) && (m.value & 1u << 9);
	return ok && front_value(16, m.value, -1) &&
	       front_request(3, &m, 0, -1) &&
	       front_value(2, NEEDED | (rings[0].events ? EVENTS : 0), -1);
}

static bool front_addr(u32 q)
{
	struct message m = {
		.addr = { .index = q,
			  .desc = USER_BASE + RING_OFF(q),
			  .avail = USER_BASE + RING_OFF(q) + 0x1000,
			  .used = USER_BASE + RING_OFF(q) + 0x2000 },
	};

	return front_request(9, &m, 40, -1);
}

static bool front_start(u32 q, u32 base)
{
	return front_state(8, q, NUM) && front_state(10, q, base) &&
	       front_addr(q) && front_value(12, q, rings[q].kick) &&
	       front_value(13, q, rings[q].call) && front_state(18, q, 1);
}

/* Stop both rings, as QEMU does to pause or reset. */
MAYBE_UNUSED static bool front_stop(u32 *base)
{
	struct message m;
	u32 q;

	for (q = 0; q < 2; q++) {
		m = (struct message){ .word = { q, 0 } };
		if (!front_ask(11, &m, 8))
			return false;
		base[q] = m.word[1];
	}
	return true;
}

#endif /* VSOCK_FRONT_H */
