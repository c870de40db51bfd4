// SPDX-License-Identifier: BSD-2-Clause
/*
 * The device's work: packets from the guest to streams, and from streams and
 * resets to the guest.
 */
#include <syslog.h>
#include <unistd.h>

#include "device.h"

void vouch_device_reset(struct vouch_vsock *dev,
			const struct vouch_device_stray *s)
{
	if (dev->n_strays == VOUCH_DEVICE_STRAYS_MAX)
		return;
	dev->strays[(dev->stray_off + dev->n_strays++) %
		    VOUCH_DEVICE_STRAYS_MAX] = *s;
}

static void refuse(struct vouch_vsock *dev, const struct vouch_packet *pkt)
{
	const struct vouch_device_stray s = {
		.host_cid = pkt->dst_cid,
		.host_port = pkt->dst_port,
		.guest_port = pkt->src_port,
		.type = pkt->type,
	};

	if (pkt->op != VIRTIO_VSOCK_OP_RST)
		vouch_device_reset(dev, &s);
}

static int accept_fd(struct vouch_vsock *dev, const struct vouch_packet *pkt,
		     struct vouch_stream **c)
{
	int err, fd;

	if (dev->table.n >= VOUCH_VSOCK_MAX_CONNS)
		return -EMFILE;
	fd = dev->ops->accept(dev->ctx, dev->guest_cid, pkt->dst_port);
	if (fd < 0)
		return fd;
	err = vouch_stream_new(&dev->table, c, pkt->dst_port, pkt->src_port, fd,
			       VOUCH_STREAM_ACCEPTED);
	if (!err)
		return 0;
	close(fd);
	vouch_device_say(
		dev, LOG_ERR,
		"CID %llu: accepting a connection to port %u failed: %s",
		(unsigned long long)dev->guest_cid, pkt->dst_port,
		strerror(-err));
	return err;
}

static void take_request(struct vouch_vsock *dev,
			 const struct vouch_packet *pkt)
{
	struct vouch_stream *c;

	if (accept_fd(dev, pkt, &c)) {
		refuse(dev, pkt);
		return;
	}
	c->peer_alloc = pkt->buf_alloc;
	vouch_stream_widen(c);
	c->send = VOUCH_STREAM_SEND_RESPONSE;
	vouch_stream_ready(c);
}

static int take_packet(struct vouch_vsock *dev, const struct vouch_packet *pkt)
{
	struct vouch_stream *c;

	if (pkt->src_cid != dev->guest_cid)
		return vouch_vhost_fail(&dev->vhost, -EPROTO,
					"the guest sends as CID %llu",
					(unsigned long long)pkt->src_cid);
	if (pkt->dst_cid != VOUCH_CID_HOST ||
	    pkt->type != VIRTIO_VSOCK_TYPE_STREAM) {
		refuse(dev, pkt);
		return 0;
	}
	c = vouch_stream_find(&dev->table, pkt->dst_port, pkt->src_port);
	if (c && pkt->op == VIRTIO_VSOCK_OP_REQUEST &&
	    vouch_stream_is_over(c)) {
		vouch_stream_close(c);
		c = NULL;
	}
	if (c)
		vouch_stream_receive(c, pkt, &dev->slice);
	else if (pkt->op == VIRTIO_VSOCK_OP_REQUEST)
		take_request(dev, pkt);
	else
		refuse(dev, pkt);
	return 0;
}

static int take_chain(struct vouch_vsock *dev, struct vouch_ring *ring)
{
	struct vouch_packet pkt;
	const char *why;
	int err;

	if (vouch_packet_read(&dev->chain, &pkt, &why))
		return vouch_vhost_fail(&dev->vhost, -EPROTO,
					"from the guest: %s", why);
	vouch_packet_payload(&dev->chain, pkt.len, &dev->slice);
	err = take_packet(dev, &pkt);
	if (err)
		return err;
	ring->held += dev->chain.total;
	vouch_ring_use(ring, dev->chain.head, 0);
	return 0;
}

static int peek(struct vouch_vsock *dev, struct vouch_ring *ring, bool writable)
{
	const char *why;
	int ret = vouch_ring_peek(ring, &dev->vhost.memory, writable,
				  &dev->chain, &why);

	if (ret >= 0)
		return ret;
	return vouch_vhost_fail(&dev->vhost, ret, "%s queue: %s",
				writable ? "receive" : "send", why);
}

/* The next chain of a ring. Where there is none, the driver is asked to kick
 * for the next; one that came before it could see that is not missed. */
static int next_chain(struct vouch_vsock *dev, struct vouch_ring *ring,
		      bool writable)
{
	int ret = peek(dev, ring, writable);

	if (!ret && vouch_ring_quiet(ring, false))
		ret = peek(dev, ring, writable);
	if (ret > 0)
		vouch_ring_quiet(ring, true);
	return ret;
}

static int take(struct vouch_vsock *dev)
{
	struct vouch_ring *ring = &dev->vhost.rings[VOUCH_RING_TX].ring;
	int i, ret;

	dev->stalled = false;
	for (i = 0; i < VOUCH_DEVICE_BATCH; i++) {
		if (dev->n_strays >= VOUCH_DEVICE_STRAYS_STOP) {
			dev->stalled = true;
			return 0;
		}
		ret = next_chain(dev, ring, false);
		if (ret <= 0)
			return ret;
		dev->used = true;
		ret = take_chain(dev, ring);
		if (ret)
			return ret;
	}
	vouch_device_wake(dev);
	return 0;
}

static void give_stray(struct vouch_vsock *dev, struct vouch_packet *pkt)
{
	const struct vouch_device_stray *s = &dev->strays[dev->stray_off];

	pkt->src_cid = s->host_cid;
	pkt->src_port = s->host_port;
	pkt->dst_port = s->guest_port;
	pkt->type = s->type;
	pkt->op = VIRTIO_VSOCK_OP_RST;
	dev->stray_off = (dev->stray_off + 1) % VOUCH_DEVICE_STRAYS_MAX;
	dev->n_strays--;
}

static bool give_packet(struct vouch_vsock *dev, struct vouch_packet *pkt)
{
	struct vouch_stream *c = TAILQ_FIRST(&dev->table.ready);
	u64 room = dev->chain.total - VOUCH_PACKET_HEAD;
	bool made;

	if (room > VOUCH_PACKET_MAX)
		room = VOUCH_PACKET_MAX;
	vouch_packet_payload(&dev->chain, room, &dev->slice);
	vouch_stream_unready(c);
	made = vouch_stream_fill(c, pkt, &dev->slice);
	/* To the end of the list: each connection has its turn. */
	if (vouch_stream_wants(c))
		vouch_stream_ready(c);
	return made;
}

static int give_chain(struct vouch_vsock *dev, struct vouch_ring *ring)
{
	struct vouch_packet pkt = {
		.src_cid = VOUCH_CID_HOST,
		.dst_cid = dev->guest_cid,
	};

	if (dev->chain.total <= VOUCH_PACKET_HEAD)
		return vouch_vhost_fail(&dev->vhost, -EPROTO,
					"receive queue: a buffer without room "
					"for a packet");
	if (dev->n_strays)
		give_stray(dev, &pkt);
	else if (!give_packet(dev, &pkt))
		return 0;
	vouch_packet_write(&dev->chain, &pkt);
	vouch_ring_use(ring, dev->chain.head, VOUCH_PACKET_HEAD + pkt.len);
	return 0;
}

static int give(struct vouch_vsock *dev)
{
	struct vouch_ring *ring = &dev->vhost.rings[VOUCH_RING_RX].ring;
	int i, ret;

	vouch_ring_quiet(ring, true);
	for (i = 0; i < VOUCH_DEVICE_BATCH; i++) {
		if (!dev->n_strays && TAILQ_EMPTY(&dev->table.ready))
			break;
		ret = next_chain(dev, ring, true);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		ret = give_chain(dev, ring);
		if (ret)
			return ret;
	}
	if (i == VOUCH_DEVICE_BATCH ||
	    (dev->stalled && dev->n_strays < VOUCH_DEVICE_STRAYS_STOP))
		vouch_device_wake(dev);
	return 0;
}

int vouch_device_move(struct vouch_vsock *dev)
{
	int err = take(dev);

	return err ? err : give(dev);
}
