// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel in random sessions of everything that a guest, its front
 * end and the local ends may do, right or wrong.
 *
 *	vsock_random [--sessions N] [--seed S]
 *
 * Session I of seed S is session 0 of seed S + I. After each the process holds
 * what it held before; all the while another VM's data are echoed, and the
 * library is not woken more often than what was done to it explains.
 */
#include "vsock_bystander.h"

#define STEPS 400u
#define ECHO_EVERY 50u

/* Events of the library for each act of the test. */
#define EVENTS_PER_ACT 1

static u64 state;
static u64 session; /* seed of the one that runs, 0: none */

static u32 rnd(u32 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 16) % n;
}

/* Neighbouring seeds give sessions that have nothing in common. */
static void set_seed(u64 seed)
{
	seed += 0x9e3779b97f4a7c15ull;
	seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9ull;
	seed = (seed ^ seed >> 27) * 0x94d049bb133111ebull;
	state = (seed ^ seed >> 31) | 1;
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
	n_acts++;
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

	switch (rnd(6)) {
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
	case 4:
		*kick_event(q) = rnd(65536);
		break;
	default:
		rings[q].next += rnd(3);
		rings[q].avail->idx = rings[q].next;
		kick(q);
	}
}

/* Returns true if the rings are what they were. */
static bool random_message(void)
{
	struct message m = { .request = rnd(30), .flags = 1 + 8 * rnd(2) };
	static const u32 sizes[] = { 0, 8, 8, 8, 20, 40, 72 };
	const int fds[] = { rings[0].kick, rings[1].call, mem_fd, front_sock };
	u32 i;

	m.size = sizes[rnd(7)];
	for (i = 0; i < m.size; i += 4)
		m.word[i / 4 % 2] = rnd(4);
	front_send(&m, 12 + m.size, &fds[rnd(4)], rnd(2));
	/* SET_VRING_NUM to SET_VRING_KICK */
	return m.request < 8 || m.request > 12;
}

/* The driver asks to be told, or not. */
static void random_wish(void)
{
	u32 q = rnd(2);

	rings[q].avail->flags = rnd(4) ? 0 : VRING_AVAIL_F_NO_INTERRUPT;
	*call_event(q) = rnd(3) ? rings[q].used->idx + rnd(8) : rnd(65536);
}

static void random_dial(void)
{
	int pair[2];

	if (n_ends == MAX_ENDS ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return;
	n_acts++;
	ends[n_ends++] = pair[1];
	if (vouch_vsock_connect(dev, 1000 + rnd(20), pair[0]))
		close(pair[0]);
}

/* As QEMU pauses a VM, and goes on; or the guest begins anew in between.
 * Returns true if the rings are what they were. */
static bool random_pause(void)
{
	u32 base[2], q;
	bool same = rnd(3);

	if (!front_stop(base))
		return false;
	for (q = 0; q < 2; q++)
		front_start(q, same ? base[q] : rnd(65536));
	return same;
}

/* One step; false once what lies in the rings is nothing to read. */
static bool random_step(void)
{
	u32 n = rnd(1000);

	if (n < 700)
		random_packet();
	else if (n < 850)
		random_end();
	else if (n < 880)
		random_dial();
	else if (n < 882)
		return random_message();
	else if (n == 882)
		random_ring();
	else if (n == 883)
		return random_pause();
	else if (n < 894)
		random_wish();
	else
		front_step();
	return n != 882;
}

static bool random_session(void)
{
	static u8 data[RX_SIZE];
	struct virtio_vsock_hdr h;
	bool readable = true, ok = true;
	u32 i;

	front_events = rnd(2);
	front_up(rnd(NUM + 1));
	for (i = 0; i < STEPS && ok; i++) {
		if (dev->vhost.fd < 0) {
			front_up(rnd(NUM + 1));
			readable = true;
		}
		if (!random_step())
			readable = false;
		while (readable && rnd(3) && get_packet(&h, data, true))
			;
		if (i % ECHO_EVERY == 0)
			ok = bystander_echo();
	}
	front_disconnect();
	front_step();
	return ok;
}

/* For a session that ends the program. */
static void tell_session(void)
{
	if (session)
		printf("# again: --sessions 1 --seed %llu\n",
		       (unsigned long long)session);
}

static void test_sessions(u32 sessions, u64 seed)
{
	bool echoed = true, small = true, fit = true, quiet = true;
	struct holdings before;
	u32 i;

	/* What is allocated once is so after the first. */
	set_seed(seed);
	random_session();
	before = count_holdings();
	for (i = 0; i < sessions && echoed && small && fit && quiet; i++) {
		u64 acts = n_acts, events = n_events;

		session = seed + i;
		set_seed(session);
		echoed = random_session();
		small = nothing_left(&before);
		quiet = n_events - events <= EVENTS_PER_ACT * (n_acts - acts);
		fit = i % 16 || (front_up(BUFFERS) && connects(2000));
		front_disconnect();
	}
	printf("# %u sessions of %u steps, seed %llu; %.2f events per act\n", i,
	       STEPS, (unsigned long long)seed, (double)n_events / n_acts);
	if (i == sessions)
		session = 0;
	check(fit, "random sessions leave the channel fit");
	check(small, "and neither memory nor files nor connections");
	check(quiet, "nor is the library busy for nothing");
	check(echoed, "another VM's data are echoed all the while");
}

int main(int argc, char **argv)
{
	u32 sessions = 1000;
	u64 seed = 1;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--sessions"))
			sessions = strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 10);
	}
	atexit(tell_session);
	front_begin();
	check(bystander_begin(), "another VM connects");
	test_sessions(sessions, seed);
	front_disconnect();
	bystander_finish();
	return front_end();
}
