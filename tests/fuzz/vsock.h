/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A front end and a driver for the fuzz targets of the vsock device, on those
 * of its unit tests. The device listens on a name without a file, so that a
 * crash leaves nothing behind.
 */
#ifndef VOUCH_FUZZ_VSOCK_H
#define VOUCH_FUZZ_VSOCK_H

/* Of the tests' front end not all is used here. */
#pragma GCC diagnostic ignored "-Wunused-function"

#include "fuzz.h"

#include "../unit/vsock_driver.h"

#include "vsock/listen.h"

static struct sockaddr_un fuzz_name;
static int fuzz_unsealed, fuzz_event;

/* In place of the device's own. */
int vouch_listen_open(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)path;
	fuzz_name.sun_family = AF_UNIX;
	snprintf(fuzz_name.sun_path + 1, sizeof(fuzz_name.sun_path) - 1,
		 "vouch-fuzz-%d", getpid());
	if (fd < 0 || bind(fd, (void *)&fuzz_name, sizeof(fuzz_name)) ||
	    listen(fd, 8))
		die("listen");
	return fd;
}

void vouch_listen_close(int fd, const char *path)
{
	(void)path;
	if (fd >= 0)
		close(fd);
}

static void fuzz_dial(void)
{
	front_disconnect();
	lay_out();
	front_sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(front_sock, (void *)&fuzz_name, sizeof(fuzz_name)))
		die("connect");
	front_step();
}

/* A whole front end, whose driver has given @buffers receive buffers. */
static bool fuzz_up(u32 buffers)
{
	fuzz_dial();
	return front_ready(buffers);
}

static void fuzz_begin(void)
{
	if (!fuzz_event) {
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		fuzz_unsealed = make_memory(MEM_SIZE, 0);
		fuzz_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	}
	if (vouch_vsock_create(&dev, epoll_fd, CID, "fuzz", &host_ops, NULL))
		die("vouch_vsock_create");
}

/* Whatever came before, the device serves the next front end. */
static void fuzz_end(void)
{
	front_events = false;
	fuzz_require(fuzz_up(BUFFERS) && connects(2000));
	front_disconnect();
	vouch_vsock_destroy(dev);
}

/* ---- messages of the front end ---- */

/* A message that is right for its request. */
static u32 fuzz_message(struct message *m, u32 request, u32 index)
{
	memset(m, 0, sizeof(*m));
	m->request = request;
	m->flags = 1;
	switch (request) {
	case 2:
		m->value = FEATURES;
		return 8;
	case 5:
		m->table.n = 1;
		m->table.region[0][0] = GUEST_BASE;
		m->table.region[0][1] = MEM_SIZE;
		m->table.region[0][2] = USER_BASE;
		return 8 + 32;
	case 8:
		m->word[0] = index;
		m->word[1] = NUM;
		return 8;
	case 9:
		m->addr.index = index;
		m->addr.desc = USER_BASE + RING_OFF(index % 2);
		m->addr.avail = m->addr.desc + 0x1000;
		m->addr.used = m->addr.desc + 0x2000;
		return 40;
	case 16:
		m->value = 1u << 9 | 1u << 3;
		return 8;
	case 18:
		m->word[0] = index;
		m->word[1] = 1;
		return 8;
	case 24:
		m->config.size = 8;
		return 12 + 8;
	case 1:
	case 3:
	case 15:
		return 0;
	default:
		m->word[0] = index;
		return 8;
	}
}

static u32 fuzz_files(const struct message *m, u8 which, int fds[16])
{
	const int all[] = { mem_fd, fuzz_unsealed, fuzz_event, front_sock };
	u32 i, n = 0;

	if (m->request == 5 || (m->request >= 12 && m->request <= 14))
		n = 1;
	fds[0] = m->request == 5    ? mem_fd
		 : m->request == 12 ? rings[m->word[0] % 2].kick
				    : rings[m->word[0] % 2].call;
	if (!(which & 128))
		return n;
	n = which % 10;
	for (i = 0; i < n; i++)
		fds[i] = all[(which / 16 + i) % 4];
	return n;
}

/* One message: which and of which ring, how it is changed, and its files. */
static void fuzz_send(struct fuzz_input *in)
{
	u8 what = fuzz_u8(in), how = fuzz_u8(in), i;
	struct message m;
	u32 size = fuzz_message(&m, what % 32, what / 32);
	int fds[16];
	u32 n;

	m.size = size;
	for (i = 0; i < how % 4; i++) {
		u32 at = fuzz_u8(in) * 4u % sizeof(m);

		if (at + 8 <= sizeof(m))
			fuzz_u8(in) & 1 ? memcpy((u8 *)&m + at,
						 &(u64){ fuzz_u64(in) }, 8)
					: memcpy((u8 *)&m + at,
						 &(u32){ fuzz_u32(in) }, 4);
	}
	if (how & 4)
		m.flags |= 8;
	if (how & 8)
		size = m.size = fuzz_u16(in);
	n = fuzz_files(&m, how & 16 ? fuzz_u8(in) | 128 : 0, fds);
	size = (how & 32 ? fuzz_u8(in) : 12 + size) % (sizeof(m) + 1);
	if (front_sock >= 0)
		front_send(&m, size, fds, n);
	/* What it answers is of no concern, but must not pile up. */
	while (front_sock >= 0 &&
	       recv(front_sock, &m, sizeof(m), MSG_DONTWAIT) > 0)
		;
}

#endif /* VOUCH_FUZZ_VSOCK_H */
