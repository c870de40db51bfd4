// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vsock channel with a driver that takes VIRTIO_RING_F_EVENT_IDX: who is
 * told of what is said by indexes behind the rings, which wrap, and may be
 * anything.
 */
#include "vsock_peer.h"

/* Whether the next packet is one that the driver kicks for. */
static bool next_kicks(struct peer *p)
{
	u64 acts = n_acts;

	peer_send(p, VIRTIO_VSOCK_OP_CREDIT_UPDATE, NULL, 0, 0);
	return n_acts - acts == 2;
}

static void kicks(void)
{
	struct peer *p;

	begin();
	p = dial(1000);
	check(p->open && next_kicks(p), "a driver kicks for what comes");
	check(!next_kicks(p), "and not again before that is taken");
	check(!next_kicks(p), "however often it sends");
	front_step();
	check(next_kicks(p) && !next_kicks(p), "but afterwards");
	front_step();
	rings[TX].used->flags = VRING_USED_F_NO_NOTIFY;
	check(next_kicks(p), "whatever the flags say");
	front_step();
	check(!(rings[TX].used->flags & ~VRING_USED_F_NO_NOTIFY) &&
		      *kick_event(TX) == rings[TX].next,
	      "which the device does not touch");
	if (n_failed) {
		errno = ETIMEDOUT;
		die("a driver that does not kick would wait for ever");
	}
}

static void interrupts(void)
{
	struct peer *p;
	int fd;

	begin();
	*call_event(RX) = rings[RX].seen;
	*call_event(TX) = rings[TX].next;
	calls(RX);
	p = dial(1000);
	check(calls(RX) && late_calls(TX),
	      "the driver is told at the index that it gives");
	rings[RX].avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	*call_event(RX) = rings[RX].seen;
	dial(1001);
	check(calls(RX), "whatever its flags say");
	dial(1002);
	check(!calls(RX) && !late_calls(TX), "and not behind it");
	*call_event(RX) = rings[RX].seen + 1;
	*call_event(TX) = rings[TX].next + 1;
	dial(1003);
	check(!calls(RX) && !late_calls(TX), "nor before it");
	dial(1004);
	check(calls(RX) && late_calls(TX), "but there");
	dial(1005);
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	front_value(13, RX, fd);
	close(rings[RX].call);
	rings[RX].call = fd;
	check(p->open && calls(RX),
	      "a new file is told of what the old one may have lost");
}

/* As a front end goes on with a driver whose indexes are near their end. */
static bool begin_at(u16 index)
{
	u32 base[2], q, i;

	n_peers = 0;
	wrong = false;
	if (!front_up(0) || !front_stop(base))
		return false;
	for (q = 0; q < 2; q++) {
		struct front_ring *r = &rings[q];

		r->next = r->seen = r->kicked = index;
		r->avail->idx = r->used->idx = index;
		if (!front_start(q, index))
			return false;
	}
	for (i = 0; i < NUM; i++)
		post_rx(i, RX_SIZE);
	kick(RX);
	front_step();
	return true;
}

static void wraps(void)
{
	u32 told = 0, kicked = 0, i;
	struct peer *p;

	check(begin_at(65500) && dial(1000)->open,
	      "a guest connects with indexes near their end");
	p = &peers[0];
	for (i = 0; i < 100; i++) {
		*call_event(RX) = rings[RX].seen;
		calls(RX);
		kicked += next_kicks(p);
		peer_tell(p, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 0);
		settle();
		told += !!calls(RX);
	}
	check(rings[TX].next < 65500 && kicked == 100 && told == 100 && !wrong,
	      "both sides are told when they wrap");
}

static void streams(void)
{
	u32 out = 0, in = 0, idle = 0;
	struct peer *p;

	begin();
	p = dial(1000);
	while (idle < 100 && (in < STREAM || p->rx < STREAM)) {
		u32 had = in + p->rx;

		peer_push(p, STREAM);
		end_push(ends[0], &out, STREAM);
		guest_step();
		end_pull(ends[0], &in);
		idle = in + p->rx == had ? idle + 1 : 0;
	}
	check(in == STREAM && p->rx == STREAM && !wrong,
	      "64 MiB go each way at the same time, unchanged");
	check(rings[TX].events && !rings[TX].used->flags,
	      "without a flag of the device");
}

/* Any index may be there: the worst is an interrupt too many, or too few. */
static void nonsense(void)
{
	bool ok = true;
	u32 i;

	begin();
	for (i = 0; i < 300 && ok; i++) {
		*call_event(RX) = *call_event(TX) = i * 40503;
		*kick_event(RX) = *kick_event(TX) = i * 40503;
		rings[TX].kicked = rings[TX].next - 1;
		dial(1000 + i % 200);
		kick(TX);
		n_peers = 0;
		ok = front_alive();
	}
	rings[TX].kicked = rings[TX].next;
	kick(TX);
	settle();
	check(ok && front_alive() && begin() && dial(1)->open,
	      "indexes without sense do no harm");
}

int main(void)
{
	peers_begin();
	front_events = true;
	front_begin();
	kicks();
	interrupts();
	wraps();
	streams();
	nonsense();
	front_disconnect();
	return front_end();
}
