/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's part of the tests of the vsock channel: descriptors and packets
 * in the rings that a front end (vsock_front.h) has set up.
 */
#ifndef VSOCK_DRIVER_H
#define VSOCK_DRIVER_H

#include "vsock_front.h"

#define BUFFERS 64u

/* What the other side tells by indexes: the device where the driver kicks, and
 * the driver where the device interrupts. */
static u16 *kick_event(u32 q)
{
	return (u16 *)&rings[q].used->ring[NUM];
}

MAYBE_UNUSED static u16 *call_event(u32 q)
{
	return &rings[q].avail->ring[NUM];
}

static bool kick_wanted(u32 q)
{
	struct front_ring *r = &rings[q];
	u16 added = r->next - r->kicked;

	r->kicked = r->next;
	if (!r->events)
		return !(r->used->flags & VRING_USED_F_NO_NOTIFY);
	return !added || (u16)(r->next - *kick_event(q) - 1) < added;
}

static void kick(u32 q)
{
	const u64 one = 1;
	ssize_t n;

	/* As a driver does: only where the device asks for it. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!kick_wanted(q))
		return;
	n_acts++;
	n = write(rings[q].kick, &one, sizeof(one));
	(void)n;
}

MAYBE_UNUSED static u64 calls(u32 q)
{
	u64 n = 0;

	return read(rings[q].call, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

/* Wait for the library's timer, if it runs. */
MAYBE_UNUSED static u64 late_calls(u32 q)
{
	struct epoll_event ev;
	int n = 1;

	while (dev->vhost.late && n > 0) {
		n = epoll_wait(epoll_fd, &ev, 1, 5000);
		if (n > 0)
			vouch_vsock_dispatch(&ev);
	}
	return calls(q);
}

static void publish(u32 q, u16 head)
{
	struct front_ring *r = &rings[q];

	n_acts++;
	r->avail->ring[r->next++ % NUM] = head;
	__atomic_store_n(&r->avail->idx, r->next, __ATOMIC_RELEASE);
}

static void set_desc(u32 q, u16 i, u64 addr, u32 len, u16 flags, u16 next)
{
	rings[q].desc[i] = (struct vring_desc){ addr, len, flags, next };
}

static void post_rx(u16 i, u32 size)
{
	set_desc(RX, i, GUEST_BASE + RX_OFF + i * RX_SIZE, size,
		 VRING_DESC_F_WRITE, 0);
	publish(RX, i);
	rx_posted++;
}

/* From dialled to a whole front end with @buffers receive buffers. */
static bool front_ready(u32 buffers)
{
	u32 i;

	if (!front_features() || !front_memory() || !front_start(RX, 0) ||
	    !front_start(TX, 0))
		return false;
	for (i = 0; i < buffers; i++)
		post_rx(i, RX_SIZE);
	kick(RX);
	front_step();
	return true;
}

static bool front_up(u32 buffers)
{
	front_dial();
	return front_ready(buffers);
}

static void reclaim_tx(void)
{
	struct front_ring *r = &rings[TX];
	u16 idx = __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE);

	while (r->seen != idx) {
		r->seen++;
		tx_busy--;
	}
}

/* Put a packet into the send queue; false if the queue is full. */
static bool put_packet(const struct virtio_vsock_hdr *hdr, const void *data,
		       u32 len)
{
	u32 slot = rings[TX].next % SLOTS;
	u64 head = TX_HEAD_OFF + slot * 64, body = TX_OFF + slot * TX_SIZE;

	reclaim_tx();
	if (tx_busy == SLOTS)
		return false;
	memcpy(mem + head, hdr, sizeof(*hdr));
	if (len)
		memcpy(mem + body, data, len);
	set_desc(TX, slot * 2, GUEST_BASE + head, HEAD,
		 len ? VRING_DESC_F_NEXT : 0, slot * 2 + 1);
	set_desc(TX, slot * 2 + 1, GUEST_BASE + body, len, 0, 0);
	publish(TX, slot * 2);
	tx_busy++;
	kick(TX);
	return true;
}

static struct virtio_vsock_hdr header(u32 guest_port, u32 host_port, u16 op)
{
	return (struct virtio_vsock_hdr){
		.src_cid = cid,
		.dst_cid = 2,
		.src_port = guest_port,
		.dst_port = host_port,
		.type = VIRTIO_VSOCK_TYPE_STREAM,
		.op = op,
		.buf_alloc = 1 << 18,
	};
}

/* The next packet of the receive queue; its buffer is posted again if @again.
 * The payload stays in guest memory until then. */
static bool get_packet(struct virtio_vsock_hdr *hdr, u8 *data, bool again)
{
	struct front_ring *r = &rings[RX];
	u16 idx = __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE);
	struct vring_used_elem *e = &r->used->ring[r->seen % NUM];
	u8 *buf = mem + RX_OFF + e->id * RX_SIZE;

	if (r->seen == idx)
		return false;
	r->seen++;
	rx_posted--;
	memcpy(hdr, buf, sizeof(*hdr));
	if (e->len != HEAD + hdr->len || hdr->dst_cid != cid) {
		errno = EPROTO;
		die("the device has written a wrong packet");
	}
	if (data)
		memcpy(data, buf + HEAD, hdr->len);
	if (again) {
		post_rx(e->id, r->desc[e->id].len);
		kick(RX);
	}
	return true;
}

static bool tell(u32 guest_port, u32 host_port, u16 op, u32 len)
{
	static const u8 zeros[TX_SIZE];
	struct virtio_vsock_hdr h = header(guest_port, host_port, op);
	bool ok;

	h.len = len;
	/* A shutdown carries no data: @len tells which one. */
	if (op == VIRTIO_VSOCK_OP_SHUTDOWN) {
		h.flags = len ? 1 : 2;
		h.len = len = 0;
	}
	ok = put_packet(&h, zeros, len);
	front_step();
	return ok;
}

/* The next packet of one port, other packets are dropped; 0: none. */
MAYBE_UNUSED static u16 heard(u32 guest_port, struct virtio_vsock_hdr *h)
{
	struct virtio_vsock_hdr other;

	front_step();
	while (get_packet(h ? h : &other, NULL, true)) {
		front_step();
		if ((h ? h : &other)->dst_port == guest_port)
			return (h ? h : &other)->op;
	}
	return 0;
}

MAYBE_UNUSED static bool connects(u32 guest_port)
{
	return tell(guest_port, 1, VIRTIO_VSOCK_OP_REQUEST, 0) &&
	       heard(guest_port, NULL) == VIRTIO_VSOCK_OP_RESPONSE;
}

#endif /* VSOCK_DRIVER_H */
