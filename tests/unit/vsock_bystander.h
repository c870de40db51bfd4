/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another VM with a channel of its own in the same process and loop. Its guest
 * means well and has data echoed, checked byte by byte; nothing that is done
 * to the first channel may touch it. And what the library holds, so that a
 * test can tell growth.
 */
#ifndef VSOCK_BYSTANDER_H
#define VSOCK_BYSTANDER_H

#include <dirent.h>

#include "vsock_driver.h"

#define BYSTANDER_CID 43u
#define BYSTANDER_PORT 5u

/* The front end that is not being played at the moment. */
static struct {
	struct vouch_vsock *dev;
	u64 cid;
	char path[sizeof(sock_path)];
	int sock, mem_fd;
	u8 *mem;
	struct front_ring rings[2];
	u32 tx_busy, rx_posted;
} other = { .cid = BYSTANDER_CID, .sock = -1, .mem_fd = -1 };

static int bystander_end = -1;
static u32 bystander_rx; /* bytes that came back */
static unsigned int bystander_gone;

#define SWAP(a, b)                                  \
	do {                                        \
		__typeof__(a) swapped_;             \
		memcpy(&swapped_, &(a), sizeof(a)); \
		memcpy(&(a), &(b), sizeof(a));      \
		memcpy(&(b), &swapped_, sizeof(a)); \
	} while (0)

/* Play the other front end; once more to come back. */
static void change_sides(void)
{
	SWAP(dev, other.dev);
	SWAP(cid, other.cid);
	SWAP(sock_path, other.path);
	SWAP(front_sock, other.sock);
	SWAP(mem_fd, other.mem_fd);
	SWAP(mem, other.mem);
	SWAP(rings, other.rings);
	SWAP(tx_busy, other.tx_busy);
	SWAP(rx_posted, other.rx_posted);
}

static int bystander_accept(void *ctx, u32 guest_cid, u32 port)
{
	int pair[2];

	(void)ctx;
	if (guest_cid != BYSTANDER_CID || port != 1 || bystander_end >= 0)
		return -ECONNREFUSED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return -errno;
	bystander_end = pair[1];
	return pair[0];
}

static void bystander_left(void *ctx)
{
	(void)ctx;
	bystander_gone++;
}

static const struct vouch_vsock_ops bystander_ops = {
	.accept = bystander_accept,
	.gone = bystander_left,
	.log = host_log,
};

static bool bystander_begin(void)
{
	bool ok;

	change_sides();
	snprintf(sock_path, sizeof(sock_path), "/tmp/vsock-test-%d.by",
		 getpid());
	ok = !vouch_vsock_create(&dev, epoll_fd, BYSTANDER_CID, sock_path,
				 &bystander_ops, NULL) &&
	     (timers[1] = &dev->vhost.late_event) && front_up(BUFFERS) &&
	     connects(BYSTANDER_PORT);
	change_sides();
	return ok;
}

/* The guest's part: what has come back so far, after @had bytes. */
static u32 collect(u8 *buf, u32 had, u32 size)
{
	struct virtio_vsock_hdr h;
	static u8 data[RX_SIZE];

	front_step();
	while (get_packet(&h, data, true)) {
		if (h.op == VIRTIO_VSOCK_OP_CREDIT_UPDATE)
			continue;
		if (h.op != VIRTIO_VSOCK_OP_RW || h.len > size - had)
			return UINT32_MAX;
		memcpy(buf + had, data, h.len);
		had += h.len;
		front_step();
	}
	return had;
}

static bool echo_once(u32 len)
{
	struct virtio_vsock_hdr h =
		header(BYSTANDER_PORT, 1, VIRTIO_VSOCK_OP_RW);
	u8 sent[3000], back[3000];
	u32 i, got;

	for (i = 0; i < len; i++)
		sent[i] = ((bystander_rx + i) * 2654435761u) >> 24;
	h.len = len;
	h.fwd_cnt = bystander_rx;
	if (!put_packet(&h, sent, len))
		return false;
	front_step();
	if (recv(bystander_end, back, sizeof(back), 0) != (ssize_t)len ||
	    send(bystander_end, back, len, MSG_NOSIGNAL) != (ssize_t)len)
		return false;
	memset(back, 0, sizeof(back));
	got = collect(back, 0, len);
	bystander_rx += len;
	return got == len && !memcmp(sent, back, len);
}

/* Data go there and back, unchanged, whatever happens elsewhere. */
static bool bystander_echo(void)
{
	bool ok;

	change_sides();
	ok = echo_once(1 + bystander_rx * 37 % 2999) && !bystander_gone;
	change_sides();
	return ok;
}

static void bystander_finish(void)
{
	change_sides();
	front_disconnect();
	close(bystander_end);
	vouch_vsock_destroy(dev);
	change_sides();
}

/* What the process holds. */
struct holdings {
	size_t bytes, files;
};

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);

static size_t allocated(void)
{
	return __sanitizer_get_current_allocated_bytes();
}
#else
static size_t allocated(void)
{
	return 0; /* told by the sanitised build */
}
#endif

static struct holdings count_holdings(void)
{
	struct holdings h = { .bytes = allocated() };
	DIR *dir = opendir("/proc/self/fd");

	if (!dir)
		die("/proc/self/fd");
	while (readdir(dir))
		h.files++;
	closedir(dir);
	return h;
}

/* Whether a session that is over has left nothing behind. */
MAYBE_UNUSED static bool nothing_left(const struct holdings *before)
{
	struct holdings now = count_holdings();

	if (now.bytes == before->bytes && now.files == before->files &&
	    !dev->table.n && !dev->n_strays && !front_step())
		return true;
	printf("# %zu bytes and %zu files, before %zu and %zu; %u "
	       "connections, %u resets\n",
	       now.bytes, now.files, before->bytes, before->files, dev->table.n,
	       dev->n_strays);
	return false;
}

#endif /* VSOCK_BYSTANDER_H */
