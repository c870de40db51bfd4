// SPDX-License-Identifier: BSD-2-Clause
/*
 * How much a guest may send ahead: more where its own buffer is large, for
 * some of its connections, and never more than that.
 */
#include "vsock_peer.h"

static struct peer *dial_large(u32 guest_port)
{
	struct peer *p = new_peer(guest_port, 1);

	p->rx_alloc = 1 << 20;
	peer_tell(p, VIRTIO_VSOCK_OP_REQUEST, 0);
	settle();
	return p;
}

/* The local end does not read. */
static u32 sent_ahead(struct peer *p)
{
	int i;

	for (i = 0; i < 100; i++) {
		peer_push(p, STREAM);
		settle();
	}
	return p->tx - p->tx_fwd;
}

static void some_are_large(void)
{
	u32 i;

	begin();
	check(dial(900)->tx_alloc == VOUCH_VSOCK_BUFFER,
	      "a guest with a usual buffer has the usual credit");
	for (i = 0; i < VOUCH_VSOCK_MAX_LARGE; i++)
		if (dial_large(1000 + i)->tx_alloc != VOUCH_VSOCK_LARGE_BUFFER)
			wrong = true;
	check(!wrong, "one with a large buffer has more");
	check(dial_large(2000)->tx_alloc == VOUCH_VSOCK_BUFFER,
	      "but only for so many connections");
	peer_tell(&peers[1], VIRTIO_VSOCK_OP_RST, 0);
	check(dial_large(2001)->tx_alloc == VOUCH_VSOCK_LARGE_BUFFER,
	      "one that ends makes room for another");
	check(dial_large(2002)->tx_alloc == VOUCH_VSOCK_BUFFER,
	      "and no more than one");
}

static void is_kept(void)
{
	u32 in = 0, i;
	struct peer *p;

	begin();
	p = dial_large(1000);
	check(sent_ahead(p) == VOUCH_VSOCK_LARGE_BUFFER && !p->reset,
	      "all of it may be used");
	for (i = 0; i < 10000 && in < 4 << 20; i++) {
		end_pull(ends[0], &in);
		peer_push(p, 4 << 20);
		settle();
	}
	check(in >= 4 << 20 && !wrong, "and what was kept comes out");
	begin();
	p = dial_large(1000);
	sent_ahead(p);
	/* The guest is not told of less than half of it. */
	p->tx_alloc += VOUCH_VSOCK_LARGE_BUFFER / 2;
	peer_push(p, p->tx + VOUCH_VSOCK_LARGE_BUFFER / 2);
	settle();
	check(p->reset && front_alive() && dial(1001)->open,
	      "data beyond it reset the connection");
}

static void host_dials(void)
{
	struct peer *p = &peers[0];
	int pair[2];

	begin();
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
	vouch_vsock_connect(dev, 7, pair[0]);
	settle();
	check(n_peers == 1 && p->tx_alloc == VOUCH_VSOCK_BUFFER,
	      "a guest that is dialled is told the usual credit");
	p->rx_alloc = 1 << 20;
	peer_tell(p, VIRTIO_VSOCK_OP_RESPONSE, 0);
	p->open = true;
	settle();
	check(p->tx_alloc == VOUCH_VSOCK_LARGE_BUFFER,
	      "and of more once it shows a large buffer");
	check(sent_ahead(p) == VOUCH_VSOCK_LARGE_BUFFER && !p->reset,
	      "which it may use");
	close(pair[1]);
}

int main(void)
{
	peers_begin();
	front_begin();
	some_are_large();
	is_kept();
	host_dials();
	front_disconnect();
	return front_end();
}
