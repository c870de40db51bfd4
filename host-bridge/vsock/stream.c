// SPDX-License-Identifier: BSD-2-Clause
/*
 * The connection state machine: packets of the guest, packets for the guest.
 */
#include "stream.h"

#define SHUT_BOTH (VIRTIO_VSOCK_SHUTDOWN_RCV | VIRTIO_VSOCK_SHUTDOWN_SEND)

/* More credit than this is never used: keeps 32-bit counters comparable. */
#define MAX_CREDIT (1u << 30)

static void reset(struct vouch_stream *c)
{
	struct vouch_stream_table *t = c->table;
	u32 host_port = c->host_port, guest_port = c->guest_port;

	vouch_stream_close(c);
	t->ops->reset(t, host_port, guest_port);
}

u32 vouch_stream_credit(const struct vouch_stream *c)
{
	u32 used = c->tx_cnt - c->peer_fwd;
	u32 alloc = c->peer_alloc < MAX_CREDIT ? c->peer_alloc : MAX_CREDIT;

	return alloc > used ? alloc - used : 0;
}

/* Counters of the guest may come late, but not from the future. */
static bool take_credit(struct vouch_stream *c, const struct vouch_packet *pkt)
{
	if ((s32)(pkt->fwd_cnt - c->tx_cnt) > 0)
		return false;
	c->peer_alloc = pkt->buf_alloc;
	if ((s32)(pkt->fwd_cnt - c->peer_fwd) > 0)
		c->peer_fwd = pkt->fwd_cnt;
	return true;
}

void vouch_stream_forwarded(struct vouch_stream *c, u32 len)
{
	/* Linux sends no more ahead than its own buffer holds, however much
	 * it may: whoever waits for more would wait for ever. */
	u32 ahead = c->peer_alloc < c->alloc ? c->peer_alloc : c->alloc;

	c->fwd_cnt += len;
	if (len && c->fwd_cnt - c->last_fwd >= ahead / 2)
		c->send |= VOUCH_STREAM_SEND_CREDIT;
}

/* True if the connection lives on. */
static bool take_data(struct vouch_stream *c, const struct vouch_packet *pkt,
		      struct vouch_slice *payload)
{
	if (c->shut_guest & VIRTIO_VSOCK_SHUTDOWN_SEND)
		return false;
	if (pkt->len > c->alloc - (c->rx_cnt - c->fwd_cnt))
		return false;
	c->rx_cnt += pkt->len;
	return !vouch_stream_put(c, payload, pkt->len);
}

/* The guest has said its last word: its ports are free once it is told. */
static void drain(struct vouch_stream *c)
{
	struct vouch_stream_table *t = c->table;

	vouch_stream_unlist(c);
	t->ops->reset(t, c->host_port, c->guest_port);
	vouch_stream_shut(c);
}

static void take_shutdown(struct vouch_stream *c, u32 flags)
{
	c->shut_guest |= flags & SHUT_BOTH;
	if (c->shut_guest == SHUT_BOTH)
		drain(c);
	else
		vouch_stream_shut(c);
}

static void take_response(struct vouch_stream *c)
{
	vouch_stream_widen(c);
	if (c->alloc != VOUCH_VSOCK_BUFFER)
		c->send |= VOUCH_STREAM_SEND_CREDIT;
	c->state = VOUCH_STREAM_OPEN;
	vouch_stream_watch(c);
}

static bool op_fits(const struct vouch_stream *c, u16 op)
{
	switch (op) {
	case VIRTIO_VSOCK_OP_RESPONSE:
		return c->state == VOUCH_STREAM_DIALLING &&
		       !(c->send & VOUCH_STREAM_SEND_REQUEST);
	case VIRTIO_VSOCK_OP_SHUTDOWN:
		/* A dialler may give up before it is answered. */
		return c->state != VOUCH_STREAM_DIALLING;
	case VIRTIO_VSOCK_OP_RW:
	case VIRTIO_VSOCK_OP_CREDIT_UPDATE:
	case VIRTIO_VSOCK_OP_CREDIT_REQUEST:
		return c->state == VOUCH_STREAM_OPEN;
	default:
		return false;
	}
}

void vouch_stream_receive(struct vouch_stream *c,
			  const struct vouch_packet *pkt,
			  struct vouch_slice *payload)
{
	bool alive = true;

	if (pkt->op == VIRTIO_VSOCK_OP_RST) {
		vouch_stream_close(c);
		return;
	}
	if (!op_fits(c, pkt->op) || !take_credit(c, pkt)) {
		reset(c);
		return;
	}
	if (pkt->op == VIRTIO_VSOCK_OP_RESPONSE)
		take_response(c);
	else if (pkt->op == VIRTIO_VSOCK_OP_SHUTDOWN)
		take_shutdown(c, pkt->flags);
	else if (pkt->op == VIRTIO_VSOCK_OP_RW)
		alive = take_data(c, pkt, payload);
	else if (pkt->op == VIRTIO_VSOCK_OP_CREDIT_REQUEST)
		c->send |= VOUCH_STREAM_SEND_CREDIT;
	if (!alive)
		reset(c);
	else if (c->state <= VOUCH_STREAM_OPEN && vouch_stream_wants(c))
		vouch_stream_ready(c);
}

static bool has_data(const struct vouch_stream *c)
{
	return c->state == VOUCH_STREAM_OPEN && c->readable && !c->read_end &&
	       vouch_stream_credit(c);
}

bool vouch_stream_wants(const struct vouch_stream *c)
{
	if (c->state != VOUCH_STREAM_OPEN)
		return c->send &
		       (VOUCH_STREAM_SEND_REQUEST | VOUCH_STREAM_SEND_RESPONSE);
	return c->send || c->shut_want != c->shut_sent || has_data(c);
}

bool vouch_stream_is_over(const struct vouch_stream *c)
{
	return c->shut_sent == SHUT_BOTH;
}

static u16 next_op(struct vouch_stream *c)
{
	if (c->send & VOUCH_STREAM_SEND_REQUEST) {
		c->send &= ~VOUCH_STREAM_SEND_REQUEST;
		return VIRTIO_VSOCK_OP_REQUEST;
	}
	if (c->send & VOUCH_STREAM_SEND_RESPONSE) {
		c->send &= ~VOUCH_STREAM_SEND_RESPONSE;
		c->state = VOUCH_STREAM_OPEN;
		vouch_stream_watch(c);
		return VIRTIO_VSOCK_OP_RESPONSE;
	}
	if (c->state == VOUCH_STREAM_OPEN && c->shut_want != c->shut_sent) {
		c->shut_sent = c->shut_want;
		return VIRTIO_VSOCK_OP_SHUTDOWN;
	}
	return VIRTIO_VSOCK_OP_INVALID;
}

bool vouch_stream_fill(struct vouch_stream *c, struct vouch_packet *pkt,
		       struct vouch_slice *room)
{
	u16 op = next_op(c);
	u32 len = 0;

	if (op == VIRTIO_VSOCK_OP_INVALID && has_data(c)) {
		len = vouch_stream_get(c, room);
		/* Reading may have met the end. */
		op = len ? VIRTIO_VSOCK_OP_RW : next_op(c);
	}
	if (op == VIRTIO_VSOCK_OP_INVALID && c->send & VOUCH_STREAM_SEND_CREDIT)
		op = VIRTIO_VSOCK_OP_CREDIT_UPDATE;
	if (op == VIRTIO_VSOCK_OP_INVALID)
		return false;
	/* Every packet tells the credit. */
	c->send &= ~VOUCH_STREAM_SEND_CREDIT;
	c->last_fwd = c->fwd_cnt;
	c->tx_cnt += len;
	pkt->type = VIRTIO_VSOCK_TYPE_STREAM;
	pkt->op = op;
	pkt->len = len;
	pkt->flags = op == VIRTIO_VSOCK_OP_SHUTDOWN ? c->shut_sent : 0;
	pkt->src_port = c->host_port;
	pkt->dst_port = c->guest_port;
	pkt->buf_alloc = c->alloc;
	pkt->fwd_cnt = c->fwd_cnt;
	return true;
}
