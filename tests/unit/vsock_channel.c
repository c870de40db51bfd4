// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel with a front end and a driver that mean well: data both
 * ways, half-close, credit, many connections, dialling from the host, pause,
 * reset and reconnection.
 */
#include "vsock_peer.h"

static void connecting(void)
{
	struct peer *p;

	check(begin(), "a front end sets the device up");
	p = dial(1000);
	check(p->open && n_ends == 1 && vouch_vsock_ready(dev),
	      "a guest connects");
	p = new_peer(1001, refused_port);
	peer_tell(p, VIRTIO_VSOCK_OP_REQUEST, 0);
	settle();
	check(p->reset && !p->open, "a port without service is reset");
}

static void streams(void)
{
	u32 out = 0, in = 0, i;
	struct peer *p;

	begin();
	p = dial(1000);
	for (i = 0; i < 200000 && (in < STREAM || p->rx < STREAM); i++) {
		peer_push(p, STREAM);
		end_push(ends[0], &out, STREAM);
		guest_step();
		end_pull(ends[0], &in);
	}
	check(in == STREAM && p->rx == STREAM && !wrong,
	      "64 MiB go each way at the same time, unchanged");
}

static void many(void)
{
	u32 i, in;
	bool ok = true;

	begin();
	for (i = 0; i < 256; i++)
		dial(1000 + i);
	for (i = 0; i < 256; i++)
		peer_push(&peers[i], 5000 + i);
	for (i = 0; i < 256; i++) {
		u32 out = 0;

		guest_step();
		peer_push(&peers[i], 5000 + i);
		end_push(ends[i], &out, 3000 + i);
	}
	settle();
	for (i = 0; i < 256; i++) {
		in = 0;
		end_pull(ends[i], &in);
		ok = ok && in == 5000 + i && peers[i].rx == 3000 + i;
	}
	check(ok && !wrong, "256 connections at a time");
}

static void half_closes(void)
{
	u32 in = 0, out = 0;
	struct peer *p;

	begin();
	p = dial(1000);
	peer_push(p, 10000);
	peer_tell(p, VIRTIO_VSOCK_OP_SHUTDOWN, VIRTIO_VSOCK_SHUTDOWN_SEND);
	settle();
	check(!end_pull(ends[0], &in) && in == 10000,
	      "the guest's half-close follows its data");
	end_push(ends[0], &out, 20000);
	settle();
	check(p->rx == 20000 && !p->shut && !p->reset,
	      "the other way stays open");
	shutdown(ends[0], SHUT_WR);
	settle();
	check(p->shut & VIRTIO_VSOCK_SHUTDOWN_SEND && !wrong,
	      "the host's half-close follows its data");
	p = dial(1001);
	peer_tell(p, VIRTIO_VSOCK_OP_SHUTDOWN, VIRTIO_VSOCK_SHUTDOWN_RCV);
	check(send(ends[1], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE,
	      "a guest that reads no more ends the local writer");
	p = dial(1002);
	shutdown(ends[2], SHUT_RD);
	peer_push(p, 100);
	settle();
	out = 0;
	end_push(ends[2], &out, 5000);
	settle();
	check(p->shut == VIRTIO_VSOCK_SHUTDOWN_RCV && p->rx == 5000,
	      "a local end that reads no more may still write");
}

static void closes(void)
{
	u32 in = 0, out = 0;
	struct peer *p;

	begin();
	p = dial(1000);
	peer_push(p, 100000);
	peer_tell(p, VIRTIO_VSOCK_OP_SHUTDOWN, 3);
	settle();
	check(p->reset, "a guest that closes is answered at once");
	check(!end_pull(ends[0], &in) && in == 100000,
	      "its last bytes come out all the same");
	p = dial(1000);
	check(p->open && !p->reset, "its port can be used again");
	end_push(ends[1], &out, 30000);
	close(ends[1]);
	ends[1] = -1;
	settle();
	check(p->rx == 30000 && p->shut == 3 && !wrong,
	      "a local end that closes is followed by its data's end");
	p = dial(1000);
	check(p->open && !p->reset,
	      "a guest that has forgotten it may dial from the same port");
	close(ends[2]);
	ends[2] = -1;
	settle();
	peer_tell(p, VIRTIO_VSOCK_OP_RST, 0);
	p = dial(1000);
	check(p->open, "after the guest's reset the port is free");
}

/* A guest shuts when its last bytes are still kept for the local end. */
static void shuts_late(u32 flags, const char *what)
{
	u32 in = 0, i;
	struct peer *p;
	bool more = true;

	begin();
	p = dial(1000);
	for (i = 0; i < 20; i++) {
		peer_push(p, 1 << 20);
		settle();
	}
	peer_tell(p, VIRTIO_VSOCK_OP_SHUTDOWN, flags);
	for (i = 0; i < 1000 && more; i++) {
		more = end_pull(ends[0], &in);
		settle();
	}
	check(p->tx > VOUCH_VSOCK_BUFFER && !more && in == p->tx && !wrong,
	      what);
}

static void stalls(void)
{
	u32 in = 0, out = 0, i;
	struct peer *p, *q;

	begin();
	p = dial(1000);
	q = dial(1001);
	for (i = 0; i < 100; i++) {
		peer_push(p, STREAM);
		settle();
	}
	check(p->tx - p->tx_fwd == VOUCH_VSOCK_BUFFER && !p->reset,
	      "a local end that does not read stops the guest");
	check(front_step() == 0, "and makes no events meanwhile");
	peer_push(q, 50000);
	settle();
	end_pull(ends[1], &in);
	check(in == 50000, "another connection goes on");
	for (i = 0, in = 0; i < 1000 && in < 1 << 20; i++) {
		end_pull(ends[0], &in);
		peer_push(p, 1 << 20);
		settle();
	}
	check(in >= 1 << 20 && !wrong, "it goes on when it reads again");

	q->hold = true;
	end_push(ends[1], &out, STREAM);
	for (i = 0; i < 100; i++) {
		settle();
		end_push(ends[1], &out, STREAM);
	}
	check(q->rx == CREDIT && !wrong,
	      "a guest that does not read is sent its credit and no more");
	check(front_step() == 0, "and makes no events meanwhile");
	close(ends[1]);
	ends[1] = -1;
	settle();
	check(front_step() == 0, "not even when the local end hangs up");
	q->hold = false;
	q->rx_fwd = q->rx;
	peer_tell(q, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0);
	settle();
	check(q->rx == out && q->shut == 3 && !wrong,
	      "then the rest and the end come");
}

static void small_credit(void)
{
	struct peer *p;
	u32 out = 0, i;

	begin();
	p = new_peer(1000, 1);
	p->rx_alloc = 7;
	peer_tell(p, VIRTIO_VSOCK_OP_REQUEST, 0);
	settle();
	end_push(ends[0], &out, 1000);
	for (i = 0; i < 400; i++)
		guest_step();
	check(p->rx == 1000 && !wrong, "a guest with seven bytes of buffer");
}

static void no_buffers(void)
{
	struct virtio_vsock_hdr h;
	struct peer *p;
	u32 out = 0, i;
	u8 data[RX_SIZE];

	n_peers = 0;
	front_up(0);
	p = new_peer(1000, 1);
	peer_tell(p, VIRTIO_VSOCK_OP_REQUEST, 0);
	end_push(ends[0], &out, 100000);
	front_step();
	check(front_step() == 0 && !p->open,
	      "without receive buffers the device rests");
	for (i = 0; i < 200; i++) {
		post_rx(i % NUM, i % 2 ? 45 : RX_SIZE);
		kick(RX);
		front_step();
		while (get_packet(&h, data, false))
			take_packet(&h, data);
	}
	check(p->open && p->rx == 100000 && !wrong,
	      "it goes on buffer by buffer, small ones too");
}

static void interrupts(void)
{
	u32 i, in = 0;

	begin();
	calls(RX);
	dial(1000);
	check(calls(RX) && late_calls(TX),
	      "the driver is told of used buffers");
	rings[RX].avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	dial(1001);
	check(!calls(RX) && late_calls(TX), "unless it asks for silence");
	rings[RX].avail->flags = 0;
	rings[TX].avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	dial(1002);
	check(calls(RX) && !late_calls(TX), "for either queue");
	rings[TX].avail->flags = 0;
	for (i = 0; i < NUM / 4; i++)
		peer_send(&peers[0], VIRTIO_VSOCK_OP_CREDIT_UPDATE, NULL, 0, 0);
	front_step();
	check(calls(TX), "at once where a quarter of the queue is used");
	for (i = 1; i < NUM / 4 && !calls(TX); i++) {
		peer_push(&peers[0], i * TX_SIZE);
		guest_step();
		end_pull(ends[0], &in);
	}
	check(i < NUM / 4, "or much memory is held");
}

static void enabling(void)
{
	begin();
	check(front_state(18, 0, 0) && !vouch_vsock_ready(dev),
	      "a ring that is disabled stops the device");
	peer_tell(new_peer(1000, 1), VIRTIO_VSOCK_OP_REQUEST, 0);
	settle();
	check(!peers[0].open && front_state(18, 0, 1), "nothing is taken");
	settle();
	check(peers[0].open, "enabling makes up for the missed kick");
}

static void host_dials(void)
{
	int a[2], b[2], c[2];
	u32 in = 0, out = 0;
	struct peer *p;

	front_disconnect();
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a);
	check(vouch_vsock_connect(dev, 7, a[0]) == -ENOTCONN,
	      "dialling a guest that is not there is refused");
	begin();
	check(!vouch_vsock_connect(dev, 7, a[0]), "the host dials the guest");
	settle();
	p = &peers[0];
	check(n_peers == 1 && p->asked && p->guest_port == 7,
	      "the guest is asked");
	peer_tell(p, VIRTIO_VSOCK_OP_RESPONSE, 0);
	p->open = true;
	peer_push(p, 40000);
	end_push(a[1], &out, 50000);
	settle();
	end_pull(a[1], &in);
	check(in == 40000 && p->rx == 50000 && !wrong, "data go both ways");

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b);
	vouch_vsock_connect(dev, 8, b[0]);
	settle();
	peer_tell(&peers[1], VIRTIO_VSOCK_OP_RST, 0);
	in = 0;
	check(!end_pull(b[1], &in) && !in, "a refusal closes the local end");

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, c);
	vouch_vsock_connect(dev, 9, c[0]);
	settle();
	close(c[1]);
	settle();
	check(peers[2].reset, "a dialler that gives up resets the guest's end");
	check(vouch_vsock_connect(dev, 9, mem_fd) == -ENOTSOCK,
	      "a file that is no socket is refused");
	close(a[1]);
	close(b[1]);
}

static void pauses(void)
{
	u32 base[2] = { 0 }, in = 0, out = 0;
	struct peer *p;

	begin();
	p = dial(1000);
	peer_push(p, 1000);
	settle();
	n_gone = 0;
	check(front_stop(base) && !vouch_vsock_ready(dev) &&
		      base[TX] == rings[TX].next,
	      "the rings stop and tell where");
	end_push(ends[0], &out, 2000);
	front_step();
	check(front_step() == 0, "a paused device rests");
	/* As left by a device that was paused in the middle of its work. */
	rings[TX].used->flags = VRING_USED_F_NO_NOTIFY;
	check(front_memory() && front_start(RX, base[RX]) &&
		      front_start(TX, base[TX]),
	      "the rings go on");
	settle();
	end_pull(ends[0], &in);
	check(in == 1000 && p->rx == 2000 && !n_gone && !wrong,
	      "a pause keeps connections and data");
	peer_push(p, 2000);
	settle();
	end_pull(ends[0], &in);
	check(in == 2000, "the driver kicks again");

	front_stop(base);
	memset(mem, 0, 0x8000);
	rings[RX].next = rings[RX].seen = rings[TX].next = rings[TX].seen = 0;
	tx_busy = 0;
	front_start(RX, 0);
	front_start(TX, 0);
	check(n_gone == 1 && !end_pull(ends[0], &in),
	      "a reset of the guest ends its connections");
	for (in = 0; in < NUM; in++)
		post_rx(in, RX_SIZE);
	kick(RX);
	n_peers = 0;
	check(dial(1000)->open, "the new guest connects");

	n_gone = 0;
	in = n_ends;
	close(front_sock);
	front_sock = socket(AF_UNIX, SOCK_STREAM, 0);
	front_step();
	check(n_gone == 1 && !vouch_vsock_ready(dev),
	      "a front end that leaves is told of");
	check(begin() && dial(1000)->open, "the next front end is served");
}

/* Half a message with the front end's own socket: were that kept, nobody
 * would hear the front end leave, and the next one would wait for ever. */
static void holds_itself(void)
{
	const u32 half = 5;
	bool up = begin();

	n_gone = 0;
	front_send(&half, sizeof(half), &front_sock, 1);
	check(up && !front_alive() && strstr(last_log, "brings a socket"),
	      "a socket in half a message ends the front end");
	check(begin() && dial(1000)->open,
	      "a front end that sent itself is followed by the next");
}

int main(void)
{
	peers_begin();
	front_begin();
	connecting();
	streams();
	many();
	half_closes();
	closes();
	shuts_late(2, "a half-close waits for what is kept");
	shuts_late(3, "a close waits for what is kept");
	stalls();
	small_credit();
	no_buffers();
	interrupts();
	enabling();
	host_dials();
	pauses();
	holds_itself();
	front_disconnect();
	return front_end();
}
