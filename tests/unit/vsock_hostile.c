// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel with a guest that means harm: packets that do not fit
 * their connection, floods, memory that changes while it is read.
 */
#include <pthread.h>

#include "vsock_bystander.h"

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

static bool answers_reset(u32 guest_port, u16 op)
{
	tell(guest_port, 1, op, 0);
	return heard(guest_port, NULL) == VIRTIO_VSOCK_OP_RST;
}

/* What does not fit a dialler of either side that waits for its answer. */
static void test_before_answer(void)
{
	static const u16 ops[] = { 0, 1, 4, 5, 6, 7, 8, UINT16_MAX };
	static const u16 early[] = { 0, 1, 2, 5, 6, 7, 8, UINT16_MAX };
	struct virtio_vsock_hdr h = { 0 };
	u32 i, p = 100;
	int pair[2];
	bool ok = true;

	front_up(BUFFERS);
	connects(1);
	for (i = 0; i < 8 && ok; i++) {
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
		ok = !vouch_vsock_connect(dev, ++p, pair[0]) &&
		     heard(p, &h) == VIRTIO_VSOCK_OP_REQUEST;
		tell(p, h.src_port, ops[i], 0);
		ok = ok && only_resets(p, 1) &&
		     !recv(pair[1], &h, sizeof(h), 0);
		close(pair[1]);
	}
	check(ok, "no op but an answer fits a connection that the host dials");
	for (i = 0, ok = true; i < 8 && ok; i++) {
		front_up(0);
		tell(1000, 1, VIRTIO_VSOCK_OP_REQUEST, 0);
		tell(1000, 1, early[i], 0);
		post_rx(0, RX_SIZE);
		kick(RX);
		ok = heard(1000, NULL) == VIRTIO_VSOCK_OP_RST &&
		     !dev->table.n && front_alive();
	}
	check(ok, "nor one that the guest dials, before it is answered");
}

static void test_after_close(void)
{
	u32 p = 100;

	front_up(BUFFERS);
	connects(1);
	connects(++p);
	tell(p, 1, VIRTIO_VSOCK_OP_SHUTDOWN, 0);
	tell(p, 1, VIRTIO_VSOCK_OP_SHUTDOWN, 1);
	check(heard(p, NULL) == VIRTIO_VSOCK_OP_RST &&
		      answers_reset(p, VIRTIO_VSOCK_OP_RW) &&
		      answers_reset(p, VIRTIO_VSOCK_OP_SHUTDOWN),
	      "data and shutdowns after both directions are shut");
	connects(++p);
	tell(p, 1, VIRTIO_VSOCK_OP_RST, 0);
	check(!heard(p, NULL) && answers_reset(p, VIRTIO_VSOCK_OP_RW) &&
		      connects(p),
	      "data after a reset, whose port is free again");
}

static void test_cids(void)
{
	static const u64 cids[] = { 0,		1,	   CID, 1ull << 32 | 2,
				    UINT32_MAX, UINT64_MAX };
	struct virtio_vsock_hdr h;
	bool ok = true;
	u32 i;

	front_up(BUFFERS);
	for (i = 0; i < 6; i++) {
		h = header(100 + i, 1, VIRTIO_VSOCK_OP_REQUEST);
		h.dst_cid = cids[i];
		put_packet(&h, NULL, 0);
		ok = ok && heard(100 + i, &h) == VIRTIO_VSOCK_OP_RST &&
		     h.src_cid == cids[i] && !n_ends;
	}
	check(ok, "a connection to a CID that is none of the host's");
	check(connects(0) && connects(UINT32_MAX), "the first and last port");
}

/* What means nothing, and does nothing. */
static void test_empty(void)
{
	struct virtio_vsock_hdr h = header(100, 1, VIRTIO_VSOCK_OP_SHUTDOWN);
	char c;

	front_up(BUFFERS);
	connects(100);
	h.flags = ~3u;
	put_packet(&h, NULL, 0);
	tell(100, 1, VIRTIO_VSOCK_OP_RW, 0);
	check(!heard(100, NULL) && recv(ends[0], &c, 1, 0) < 0 &&
		      errno == EAGAIN && dev->table.n == 1,
	      "no data, and a shutdown of neither direction");
}

/* Tell a credit, and how much has come since the last time. */
static u32 told_credit(u32 alloc, u32 forwarded)
{
	struct virtio_vsock_hdr h =
		header(100, 1, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	u32 got = 0;

	h.buf_alloc = alloc;
	h.fwd_cnt = forwarded;
	put_packet(&h, NULL, 0);
	front_step();
	while (get_packet(&h, NULL, true)) {
		got += h.op == VIRTIO_VSOCK_OP_RW ? h.len : 0;
		front_step();
	}
	return got;
}

static void test_credit(void)
{
	static const u8 zeros[8000];
	struct virtio_vsock_hdr h = header(100, 1, VIRTIO_VSOCK_OP_REQUEST);

	front_up(BUFFERS);
	h.buf_alloc = 0;
	put_packet(&h, NULL, 0);
	front_step();
	(void)!send(ends[0], zeros, sizeof(zeros), MSG_NOSIGNAL);
	check(!told_credit(0, 0) && told_credit(1000, 0) == 1000,
	      "a guest without credit is sent nothing");
	check(!told_credit(100, 0) && !told_credit(1000, 0) &&
		      told_credit(1100, 0) == 100,
	      "credit that is taken back is not below zero");
	check(!told_credit(1100, UINT32_MAX - 5) && front_alive() &&
		      told_credit(1100, 300) == 300,
	      "a counter from before the beginning gives nothing");
	check(told_credit(1200, 0) == 100,
	      "a counter that goes back takes nothing back");
	check(told_credit(UINT32_MAX, 300) == sizeof(zeros) - 1500,
	      "a credit of 4 GiB is one of enough");
}

/* Connections that come and go leave nothing behind. */
static void test_churn(void)
{
	struct holdings before;
	u32 i;

	front_up(BUFFERS);
	connects(1);
	tell(1, 1, VIRTIO_VSOCK_OP_RST, 0);
	close_ends();
	before = count_holdings();
	for (i = 0; i < 5000; i++) {
		tell(10 + i % 7, 1, VIRTIO_VSOCK_OP_REQUEST, 0);
		tell(10 + i % 7, 1, VIRTIO_VSOCK_OP_RW, i % 2000);
		tell(10 + i % 7, 1, VIRTIO_VSOCK_OP_RST, 0);
		heard(0, NULL);
		close_ends();
	}
	check(nothing_left(&before), "5000 connections leave nothing behind");
}

/* Requests for news of credit, and nowhere to put the answers. */
static void test_credit_requests(void)
{
	struct virtio_vsock_hdr h;
	u32 i, n = 0;

	front_up(1);
	connects(1);
	rings[RX].desc[0].len = RX_SIZE;
	tell(1, 1, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0);
	get_packet(&h, NULL, false);
	for (i = 0; i < 20000; i++)
		tell(1, 1, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0);
	for (i = 0; i < BUFFERS; i++)
		post_rx(i, RX_SIZE);
	kick(RX);
	front_step();
	while (get_packet(&h, NULL, false))
		n++;
	check(n == 1 && !front_step(),
	      "a flood of questions has one answer that waits");
}

static void test_floods(void)
{
	u32 i, answers[2] = { 0 };
	struct virtio_vsock_hdr h;
	bool served = true;

	front_up(BUFFERS);
	n_logs = 0;
	for (i = 0; i < 1500; i++) {
		tell(1000 + i, 1, VIRTIO_VSOCK_OP_REQUEST, 0);
		while (get_packet(&h, NULL, true))
			answers[h.op == VIRTIO_VSOCK_OP_RST]++;
		front_step();
		served = served && (i % 100 || bystander_echo());
	}
	check(served, "a flood of requests takes nothing from another VM");
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

int main(void)
{
	static const struct {
		void (*run)(void);
		const char *name;
	} tests[] = {
		{ test_states, "states" },
		{ test_before_answer, "early packets" },
		{ test_after_close, "late packets" },
		{ test_cids, "CIDs" },
		{ test_empty, "empty packets" },
		{ test_credit, "credit" },
		{ test_churn, "churn" },
		{ test_credit_requests, "questions" },
		{ test_floods, "floods" },
		{ test_batch, "batches" },
		{ test_draining, "draining" },
		{ test_race, "races" },
	};
	char name[64];
	u32 i;

	front_begin();
	check(bystander_begin(), "another VM connects");
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		tests[i].run();
		snprintf(name, sizeof(name), "another VM's data: %s",
			 tests[i].name);
		check(bystander_echo(), name);
	}
	front_disconnect();
	bystander_finish();
	return front_end();
}
