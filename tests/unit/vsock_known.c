// SPDX-License-Identifier: BSD-2-Clause
/*
 * What other vsock devices have got wrong, each with a guest that means well.
 */
#include "vsock_peer.h"

static bool nothing_to_read(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) < 0 && errno == EAGAIN;
}

static void large_packets(void)
{
	struct peer *p;
	u32 in = 0, i;

	begin();
	p = dial(1000);
	for (i = 0; i < 2; i++)
		p->tx += peer_send(p, VIRTIO_VSOCK_OP_RW, pattern + p->tx,
				   TX_SIZE, 0) *
			 TX_SIZE;
	settle();
	end_pull(ends[0], &in);
	settle();
	peer_push(p, 2 * TX_SIZE + 500);
	settle();
	end_pull(ends[0], &in);
	check(in == 2 * TX_SIZE + 500 && !wrong,
	      "packets of 64 KiB do not stall those behind them");
}

static void one_kick(void)
{
	struct peer *p;
	u32 in = 0, n;

	begin();
	p = dial(1000);
	for (n = 1; n <= 3; n++) {
		peer_send(p, VIRTIO_VSOCK_OP_RW, pattern + p->tx, 10, 0);
		p->tx += 10;
	}
	front_step();
	end_pull(ends[0], &in);
	check(in == 30 && !wrong, "three packets and one kick: all come out");
}

static void nothing_yet(void)
{
	struct peer *p;
	u32 in = 0;

	begin();
	p = dial(1000);
	check(p->open && nothing_to_read(ends[0]) && !p->rx && !p->shut &&
		      !wrong,
	      "after the answer there is nothing to read and no end");
	peer_push(p, 100);
	settle();
	end_pull(ends[0], &in);
	check(in == 100 && nothing_to_read(ends[0]),
	      "and after the first data there is no end either");
}

/* A socket that was full once must not be watched for room for ever. */
static void rests(void)
{
	struct peer *p;
	u32 in = 0, i;

	begin();
	p = dial(1000);
	for (i = 0; i < 20; i++) {
		peer_push(p, 1 << 20);
		settle();
	}
	check(p->tx > VOUCH_VSOCK_BUFFER && p->tx < 1 << 20,
	      "a local end that does not read fills up");
	for (i = 0; i < 1000 && in < p->tx; i++) {
		end_pull(ends[0], &in);
		settle();
	}
	check(in == p->tx && !front_step(),
	      "once it has read all, the device rests");
}

/* Many connections whose guests give little credit, and other each time. */
static void small_credits(void)
{
	u32 i, round, out[64] = { 0 };
	bool ok = true;

	begin();
	for (i = 0; i < 64; i++) {
		struct peer *p = new_peer(1000 + i, 1);

		p->rx_alloc = 100 + i * 31;
		peer_tell(p, VIRTIO_VSOCK_OP_REQUEST, 0);
	}
	settle();
	for (round = 0; round < 3000; round++) {
		i = round % 64;
		end_push(ends[i], &out[i], 20000);
		if (round % 3 == 0) {
			peers[i].hold = !peers[i].hold;
			peers[i].rx_fwd = peers[i].rx;
			peer_send(&peers[i], VIRTIO_VSOCK_OP_CREDIT_UPDATE,
				  NULL, 0, 0);
		}
		guest_step();
	}
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < 64; i++)
			end_push(ends[i], &out[i], 20000);
		for (i = 0; i < 64; i++) {
			peers[i].hold = false;
			peers[i].rx_fwd = peers[i].rx;
			if (peers[i].rx_fwd != peers[i].rx_told)
				peer_tell(&peers[i],
					  VIRTIO_VSOCK_OP_CREDIT_UPDATE, 0);
		}
		guest_step();
	}
	for (i = 0; i < 64; i++)
		ok = ok && peers[i].rx == 20000;
	check(ok && !wrong, "no credit is overrun under load, and all come");
}

/* Linux sends no more ahead than its own buffer holds. */
static void small_senders(void)
{
	u32 i, in = 0;
	struct peer *p;

	begin();
	p = new_peer(1000, 1);
	p->rx_alloc = 1000;
	peer_tell(p, VIRTIO_VSOCK_OP_REQUEST, 0);
	settle();
	for (i = 0; i < 1000 && in < 100000; i++) {
		if (p->tx_alloc > p->rx_alloc)
			p->tx_alloc = p->rx_alloc;
		peer_push(p, 100000);
		end_pull(ends[0], &in);
		guest_step();
	}
	check(in == 100000 && !wrong,
	      "a guest that sends a little ahead is told to go on");
}

/* Data that wait while the VM is stopped, saved and restored. */
static void restores(void)
{
	u32 base[2] = { 0 }, in = 0, out = 0;
	struct peer *p;

	begin();
	p = dial(1000);
	peer_push(p, 500);
	settle();
	front_stop(base);
	end_push(ends[0], &out, 3000);
	front_step();
	front_memory();
	front_start(RX, base[RX]);
	front_start(TX, base[TX]);
	settle();
	check(p->rx == 3000 && end_pull(ends[0], &in) && in == 500 && !wrong,
	      "after a restore, data that waited are read");
	peer_push(p, 900);
	end_push(ends[0], &out, 7000);
	settle();
	end_pull(ends[0], &in);
	check(in == 900 && p->rx == 7000 && !wrong, "and those after them");
}

/* One VM, one channel: a second front end waits for the first to leave. */
static void second_front_end(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct message m = { .request = 1, .flags = 1 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct peer *p;

	begin();
	p = dial(1000);
	strcpy(addr.sun_path, sock_path);
	if (connect(fd, (void *)&addr, sizeof(addr)) ||
	    send(fd, &m, 12, MSG_NOSIGNAL) != 12)
		die("connect");
	front_step();
	check(recv(fd, &m, sizeof(m), MSG_DONTWAIT) < 0 && p->open &&
		      front_alive(),
	      "a second front end is not heard beside the first");
	front_disconnect();
	check(recv(fd, &m, sizeof(m), MSG_DONTWAIT) == 20 &&
		      m.value == FEATURES,
	      "but after it");
	close(fd);
	front_step();
}

int main(void)
{
	peers_begin();
	front_begin();
	large_packets();
	one_kick();
	nothing_yet();
	rests();
	small_credits();
	small_senders();
	restores();
	second_front_end();
	front_disconnect();
	return front_end();
}
