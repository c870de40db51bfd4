/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that means well, for the tests of the vsock channel: it keeps the
 * state and the credit of its connections and checks every byte it is sent.
 */
#ifndef VSOCK_PEER_H
#define VSOCK_PEER_H

#include "vsock_driver.h"

#define PATTERN 1048573u /* bytes until the pattern repeats */
#define STREAM (64u << 20)
#define CREDIT (1u << 18)
#define MAX_PEERS 300

/* The guest's half of a connection. */
struct peer {
	u32 guest_port, host_port;
	bool open, reset, asked;
	u32 shut; /* what the host has shut */
	u32 tx, tx_alloc, tx_fwd;
	u32 rx, rx_fwd, rx_told, rx_alloc;
	bool hold; /* reads nothing, so gives no credit back */
};

static struct peer peers[MAX_PEERS];
static u32 n_peers;
static u8 pattern[PATTERN + TX_SIZE];
static bool wrong; /* the guest has seen something that must not be */

static struct peer *new_peer(u32 guest_port, u32 host_port)
{
	struct peer *p = &peers[n_peers++];

	*p = (struct peer){
		.guest_port = guest_port,
		.host_port = host_port,
		.rx_alloc = CREDIT,
	};
	return p;
}

static bool peer_send(struct peer *p, u16 op, const void *data, u32 len,
		      u32 flags)
{
	struct virtio_vsock_hdr h = header(p->guest_port, p->host_port, op);

	h.len = len;
	h.flags = flags;
	h.buf_alloc = p->rx_alloc;
	h.fwd_cnt = p->rx_fwd;
	p->rx_told = p->rx_fwd;
	return put_packet(&h, data, len);
}

/* The same, for what must get through. */
static void peer_tell(struct peer *p, u16 op, u32 flags)
{
	while (!peer_send(p, op, NULL, 0, flags))
		front_step();
	front_step();
}

static struct peer *find_peer(const struct virtio_vsock_hdr *h)
{
	u32 i;

	for (i = n_peers; i-- > 0;)
		if (peers[i].guest_port == h->dst_port &&
		    peers[i].host_port == h->src_port)
			return &peers[i];
	return NULL;
}

static void take_rw(struct peer *p, const u8 *data, u32 len)
{
	if (memcmp(data, pattern + p->rx % PATTERN, len) || !len)
		wrong = true;
	p->rx += len;
	/* The credit that was given must hold, whatever comes. */
	if (p->rx - p->rx_told > p->rx_alloc || !p->open ||
	    p->shut & VIRTIO_VSOCK_SHUTDOWN_SEND)
		wrong = true;
	if (!p->hold)
		p->rx_fwd = p->rx;
	if (p->rx_fwd - p->rx_told >= p->rx_alloc / 2)
		peer_tell(p, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0);
}

static void take_packet(const struct virtio_vsock_hdr *h, const u8 *data)
{
	struct peer *p = find_peer(h);

	if (!p && h->op == VIRTIO_VSOCK_OP_REQUEST && n_peers < MAX_PEERS) {
		p = new_peer(h->dst_port, h->src_port);
		p->asked = true;
	}
	if (!p) {
		wrong = true;
		return;
	}
	p->tx_alloc = h->buf_alloc;
	p->tx_fwd = h->fwd_cnt;
	if (h->op == VIRTIO_VSOCK_OP_RESPONSE)
		p->open = true;
	else if (h->op == VIRTIO_VSOCK_OP_RST)
		p->reset = true;
	else if (h->op == VIRTIO_VSOCK_OP_SHUTDOWN)
		p->shut |= h->flags;
	else if (h->op == VIRTIO_VSOCK_OP_RW)
		take_rw(p, data, h->len);
}

static void guest_step(void)
{
	static u8 data[RX_SIZE];
	struct virtio_vsock_hdr h;

	front_step();
	while (get_packet(&h, data, true))
		take_packet(&h, data);
	front_step();
}

static void settle(void)
{
	int i;

	for (i = 0; i < 8; i++)
		guest_step();
}

static bool begin(void)
{
	n_peers = 0;
	wrong = false;
	return front_up(NUM);
}

static struct peer *dial(u32 guest_port)
{
	struct peer *p = new_peer(guest_port, 1);

	peer_tell(p, VIRTIO_VSOCK_OP_REQUEST, 0);
	settle();
	return p;
}

/* Send as much of the pattern as credit and queue allow. */
static void peer_push(struct peer *p, u32 size)
{
	while (p->tx < size) {
		u32 room = p->tx_alloc - (p->tx - p->tx_fwd);
		u32 len = size - p->tx;

		if (len > room)
			len = room;
		if (len > TX_SIZE)
			len = TX_SIZE;
		if (!len || !peer_send(p, VIRTIO_VSOCK_OP_RW,
				       pattern + p->tx % PATTERN, len, 0))
			return;
		p->tx += len;
	}
}

/* Send as much of the pattern to a local end as it takes. */
MAYBE_UNUSED static void end_push(int fd, u32 *done, u32 size)
{
	ssize_t n;

	do {
		u32 len = size - *done < TX_SIZE ? size - *done : TX_SIZE;

		n = send(fd, pattern + *done % PATTERN, len, MSG_NOSIGNAL);
		if (n > 0)
			*done += n;
	} while (n > 0 && *done < size);
}

/* Check what a local end has received. Returns false at its end. */
static bool end_pull(int fd, u32 *done)
{
	static u8 buf[TX_SIZE];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		if (memcmp(buf, pattern + *done % PATTERN, n))
			wrong = true;
		*done += n;
	}
	return n != 0;
}

static void peers_begin(void)
{
	u32 i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (i % PATTERN) * 2654435761u >> 24;
}

#endif /* VSOCK_PEER_H */
