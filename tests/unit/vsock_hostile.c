// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel with a guest that means harm: packets that do not fit
 * their connection, floods, memory that changes while it is read; then random
 * sessions of everything.
 *
 *	vsock_hostile [--sessions N] [--seed S]
 */
#include <pthread.h>

#include "vsock_driver.h"

static u64 seed = 1;

static u32 rnd(u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % n;
}

/* What resets one connection and leaves another in peace. */
static bool only_resets(u32 guest_port, u32 bystander)
{
	return heard(guest_port, NULL) == VIRTIO_VSOCK_OP_RST &&
	       front_alive() &&
	       tell(bystander, 1, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0) &&
	       heard(bystander, NULL) == VIRTIO_VSOCK_OP_CREDIT_UPDATE;
}

static void test_states(void)
{
	struct virtio_vsock_hdr h;
	u32 by = 1, p = 100, i;
	int pair[2];
	u16 op;

	check(front_up(BUFFERS) && connects(by), "a bystander connects");
	for (i = 0; i < 12; i++) {
		char name[64];

		if (i == VIRTIO_VSOCK_OP_REQUEST || i == VIRTIO_VSOCK_OP_RST)
			continue;
		tell(++p, 1, i, 0);
		snprintf(name, sizeof(name), "op %u without a connection", i);
		check(only_resets(p, by), name);
	}
	for (i = 0; i < 12; i++) {
		char name[64];

		if (i >= VIRTIO_VSOCK_OP_RST && i < 8)
			continue;
		connects(++p);
		tell(p, 1, i, 0);
		snprintf(name, sizeof(name), "op %u on an open connection", i);
		check(only_resets(p, by), name);
	}
	connects(++p);
	tell(p, 1, VIRTIO_VSOCK_OP_SHUTDOWN, 0);
	tell(p, 1, VIRTIO_VSOCK_OP_RW, 4);
	check(only_resets(p, by), "data after a half-close");

	connects(++p);
	tell(p, 1, VIRTIO_VSOCK_OP_RW, TX_SIZE);
	for (i = 0; i < 40; i++)
		tell(p, 1, VIRTIO_VSOCK_OP_RW, TX_SIZE);
	while ((op = heard(p, NULL)) == VIRTIO_VSOCK_OP_CREDIT_UPDATE)
		;
	check(op == VIRTIO_VSOCK_OP_RST, "data beyond the credit");

	connects(++p);
	h = header(p, 1, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	h.fwd_cnt = 1;
	put_packet(&h, NULL, 0);
	check(only_resets(p, by), "more forwarded than was sent");

	h = header(++p, 1, VIRTIO_VSOCK_OP_REQUEST);
	h.dst_cid = 77;
	put_packet(&h, NULL, 0);
	check(heard(p, &h) == VIRTIO_VSOCK_OP_RST && h.src_cid == 77,
	      "a connection to another guest");
	h = header(++p, 1, VIRTIO_VSOCK_OP_REQUEST);
	h.type = VIRTIO_VSOCK_TYPE_SEQPACKET;
	put_packet(&h, NULL, 0);
	check(heard(p, &h) == VIRTIO_VSOCK_OP_RST && h.type == 2,
	      "a connection of another type");

	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	vouch_vsock_connect(dev, ++p, pair[0]);
	heard(p, &h);
	tell(p, h.src_port, VIRTIO_VSOCK_OP_RW, 4);
	check(h.op == VIRTIO_VSOCK_OP_REQUEST && only_resets(p, by),
	      "data before the answer to the host");
	close(pair[1]);
	front_step();
}

static void test_floods(void)
{
	u32 i, answers[2] = { 0 };
	struct virtio_vsock_hdr h;

	front_up(BUFFERS);
	n_logs = 0;
	for (i = 0; i < 1500; i++) {
		tell(1000 + i, 1, VIRTIO_VSOCK_OP_REQUEST, 0);
		while (get_packet(&h, NULL, true))
			answers[h.op == VIRTIO_VSOCK_OP_RST]++;
		front_step();
	}
	while (get_packet(&h, NULL, true))
		answers[h.op == VIRTIO_VSOCK_OP_RST]++;
	check(answers[0] == VOUCH_VSOCK_MAX_CONNS &&
		      answers[1] == 1500 - VOUCH_VSOCK_MAX_CONNS,
	      "1500 requests: 1024 are accepted, the others reset");
	check(n_ends == VOUCH_VSOCK_MAX_CONNS && !n_logs,
	      "which neither asks the owner nor fills the log");

	front_up(0);
	for (i = 0; tell(5, 1000 + i, VIRTIO_VSOCK_OP_RW, 4) && i < 9000; i++)
		;
	check(i > 1000 && i < 1300 && !front_step() && front_alive(),
	      "a flood of strays without receive buffers stalls the guest");
	/* Fewer buffers than one turn gives away, and one kick. */
	for (i = 0; i < BUFFERS; i++)
		post_rx(i, RX_SIZE);
	kick(RX);
	front_step();
	check(rings[TX].used->idx == rings[TX].next,
	      "room for some resets lets the guest go on");
	answers[0] = answers[1] = 0;
	while (get_packet(&h, NULL, true)) {
		answers[h.op == VIRTIO_VSOCK_OP_RST]++;
		front_step();
	}
	check(answers[1] > 1000 && !answers[0] && connects(7),
	      "and goes on when there are buffers");

	front_up(BUFFERS);
	for (i = 0; i < 20000; i++)
		tell(5, 1, VIRTIO_VSOCK_OP_RST, 0);
	check(front_alive() && connects(8), "a flood of resets is ignored");
}

/* As many packets as one turn takes, in one go; and one more turn. */
static void test_batch(void)
{
	u32 i;

	front_up(BUFFERS);
	tell(5, 1, VIRTIO_VSOCK_OP_RST, 0);
	for (i = 0; i < NUM; i++)
		publish(TX, 0);
	kick(TX);
	front_step();
	check(rings[TX].used->idx == NUM + 1 && front_alive(),
	      "a full queue of packets is taken");
	rings[TX].seen = rings[TX].next = NUM + 1;
	tx_busy = 0;
	check(connects(9), "and the next one after it");
}

/* A local end that leaves while the guest's last bytes wait for it. */
static void test_draining(void)
{
	int free_fd, fd;
	u32 i, p = 1000;

	front_up(BUFFERS);
	close(free_fd = dup(0));
	for (i = 0; i < 2; i++) {
		u32 n;

		connects(++p);
		for (n = 0; n < 6; n++)
			tell(p, 1, VIRTIO_VSOCK_OP_RW, 50000);
		tell(p, 1, VIRTIO_VSOCK_OP_SHUTDOWN, 0);
		tell(p, 1, VIRTIO_VSOCK_OP_SHUTDOWN, 1);
		if (i)
			break;
		close(ends[0]);
		ends[0] = -1;
		front_step();
		close(fd = dup(0));
		check(fd == free_fd && front_alive() && !front_step(),
		      "last bytes that nobody reads are dropped");
	}
	/* The second still waits when the front end leaves. */
	front_disconnect();
	check(front_up(BUFFERS) && connects(1),
	      "last bytes wait while the front end leaves");
}

static int flipping;

/* Another CPU of the guest rewrites descriptors and headers meanwhile. */
static void *flip(void *arg)
{
	u64 x = 88172645463325252ull;

	(void)arg;
	while (__atomic_load_n(&flipping, __ATOMIC_RELAXED)) {
		volatile struct vring_desc *d = &rings[TX].desc[x % NUM];
		volatile u32 *len = (void *)(mem + TX_HEAD_OFF +
					     (x >> 8) % SLOTS * 64 + 24);

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (x & 1 << 20)
			d->len = x % 3 ? HEAD : (u32)(x >> 32);
		else if (x & 1 << 21)
			*len = x >> 40;
		else
			d->addr = x % 3 ? GUEST_BASE + TX_HEAD_OFF : x;
	}
	return NULL;
}

static void test_race(void)
{
	u32 round, i, packets = 0;
	pthread_t thread;

	for (round = 0; round < 100; round++) {
		front_up(BUFFERS);
		connects(1000);
		__atomic_store_n(&flipping, 1, __ATOMIC_RELAXED);
		pthread_create(&thread, NULL, flip, NULL);
		for (i = 0; i < 200; i++)
			packets += tell(1000, 1, VIRTIO_VSOCK_OP_RW, 100);
		__atomic_store_n(&flipping, 0, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
	}
	check(packets && front_up(BUFFERS) && connects(1),
	      "descriptors and headers that change while they are read");
}

static void random_packet(void)
{
	struct virtio_vsock_hdr h = header(1000 + rnd(20),
					   rnd(3) ? 1 : 0x40000000 + rnd(4),
					   rnd(8) ? 1 + rnd(7) : rnd(65536));
	static const u8 zeros[TX_SIZE];
	u32 len = h.op == VIRTIO_VSOCK_OP_RW ? rnd(rnd(4) ? 300 : TX_SIZE) : 0;

	h.len = len;
	h.flags = rnd(5);
	h.buf_alloc = rnd(3) ? 1 << 18 : rnd(UINT32_MAX);
	h.fwd_cnt = rnd(10) ? 0 : rnd(5000);
	if (!rnd(2000))
		h.src_cid = rnd(100);
	if (!rnd(50))
		h.dst_cid = rnd(100);
	if (!rnd(2000))
		h.len = rnd(UINT32_MAX);
	put_packet(&h, zeros, len);
}

static void random_end(void)
{
	static u8 buf[TX_SIZE];
	int *fd = n_ends ? &ends[rnd(n_ends)] : NULL;

	if (!fd || *fd < 0)
		return;
	switch (rnd(8)) {
	case 0:
		close(*fd);
		*fd = -1;
		return;
	case 1:
		shutdown(*fd, rnd(3));
		return;
	case 2:
	case 3:
	case 4:
		(void)!send(*fd, buf, rnd(sizeof(buf)), MSG_NOSIGNAL);
		return;
	default:
		(void)!recv(*fd, buf, sizeof(buf), 0);
	}
}

static void random_ring(void)
{
	u32 q = rnd(2);

	switch (rnd(5)) {
	case 0:
		rings[q].desc[rnd(NUM)].addr = (u64)rnd(UINT32_MAX) << rnd(33);
		break;
	case 1:
		rings[q].desc[rnd(NUM)].len = rnd(UINT32_MAX);
		break;
	case 2:
		rings[q].desc[rnd(NUM)].flags = rnd(8);
		break;
	case 3:
		rings[q].desc[rnd(NUM)].next = rnd(NUM + 8);
		break;
	default:
		rings[q].next += rnd(3);
		rings[q].avail->idx = rings[q].next;
		kick(q);
	}
}

static void random_message(void)
{
	struct message m = { .request = rnd(30), .flags = 1 + 8 * rnd(2) };
	static const u32 sizes[] = { 0, 8, 8, 8, 20, 40, 72 };
	const int fds[] = { rings[0].kick, rings[1].call, mem_fd, front_sock };
	u32 i;

	m.size = sizes[rnd(7)];
	for (i = 0; i < m.size; i += 4)
		m.word[i / 4 % 2] = rnd(4);
	front_send(&m, 12 + m.size, &fds[rnd(4)], rnd(2));
}

static void random_dial(void)
{
	int pair[2];

	if (n_ends == MAX_ENDS ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return;
	ends[n_ends++] = pair[1];
	if (vouch_vsock_connect(dev, 1000 + rnd(20), pair[0]))
		close(pair[0]);
}

static u64 random_session(u32 steps)
{
	static u8 data[RX_SIZE];
	struct virtio_vsock_hdr h;
	bool touched = false;
	u32 i, n;

	front_up(rnd(NUM + 1));
	for (i = 0; i < steps; i++) {
		n = rnd(1000);
		if (n < 700) {
			random_packet();
		} else if (n < 850) {
			random_end();
		} else if (n < 880) {
			random_dial();
		} else if (n == 880) {
			random_message();
		} else if (n == 881) {
			random_ring();
			touched = true;
		} else {
			front_step();
		}
		/* What lies in a ring after random_ring() is nothing to read.
		 */
		while (!touched && rnd(3) && get_packet(&h, data, true))
			;
	}
	front_step();
	return steps;
}

static void test_random(u32 sessions)
{
	u64 steps = 0;
	bool ok = true;
	u32 i;

	for (i = 0; i < sessions && ok; i++) {
		steps += random_session(1000);
		ok = front_up(BUFFERS) && connects(2000);
		if (!ok)
			printf("# session %u\n", i);
	}
	printf("# %u sessions, %llu steps\n", i, (unsigned long long)steps);
	check(ok, "random sessions leave the channel fit");
}

int main(int argc, char **argv)
{
	u32 sessions = 200;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--sessions"))
			sessions = strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 10) | 1ull << 40;
	}
	front_begin();
	test_states();
	test_floods();
	test_batch();
	test_draining();
	test_race();
	test_random(sessions);
	front_disconnect();
	return front_end();
}
