// SPDX-License-Identifier: BSD-2-Clause
/*
 * The local end of a connection: bytes in and out of its stream socket.
 *
 * The socket is watched for room only while bytes are buffered, and for data
 * only while it is not known to have some, so that no event repeats itself.
 * A hang-up repeats itself whatever is asked for: the socket is then taken
 * out of the epoll instance.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "stream.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* In ->watched: the socket is no longer in the epoll instance. */
#define UNWATCHED EPOLLHUP

void vouch_stream_watch(struct vouch_stream *c)
{
	u32 want = 0;

	if (c->watched == UNWATCHED)
		return;
	if (c->hung_up) {
		vouch_event_set(c->table->epoll_fd, EPOLL_CTL_DEL, c->fd, 0,
				NULL);
		c->watched = UNWATCHED;
		return;
	}
	if (c->state == VOUCH_STREAM_OPEN && !c->muted && !c->read_end)
		want |= EPOLLIN;
	if (c->buf_len)
		want |= EPOLLOUT;
	if (want == c->watched)
		return;
	vouch_event_set(c->table->epoll_fd, EPOLL_CTL_MOD, c->fd, want,
			&c->event);
	c->watched = want;
}

/* Nobody reads what the guest sends: it counts as forwarded from now on. */
static void end_writing(struct vouch_stream *c)
{
	u32 lost = c->buf_len;

	c->write_end = true;
	c->buf_len = 0;
	vouch_stream_forwarded(c, lost);
	c->shut_want |= VIRTIO_VSOCK_SHUTDOWN_RCV;
}

static void end_reading(struct vouch_stream *c)
{
	c->read_end = true;
	c->readable = false;
	c->shut_want |= VIRTIO_VSOCK_SHUTDOWN_SEND;
}

/* The peer has left. What it wrote before can still be read. */
static void hang_up(struct vouch_stream *c)
{
	c->hung_up = true;
	end_writing(c);
	c->readable = !c->read_end;
}

/* Bytes that the socket took; it took all it wants for now. */
static u32 send_parts(struct vouch_stream *c, struct iovec *iov, u32 n)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
	ssize_t sent;

	if (c->write_end || !n)
		return 0;
	sent = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0)
		return sent;
	if (errno != EAGAIN && errno != EINTR)
		end_writing(c);
	return 0;
}

static void flush(struct vouch_stream *c)
{
	u32 first = MIN(c->buf_len, c->alloc - c->buf_off);
	struct iovec iov[2] = {
		{ c->buf + c->buf_off, first },
		{ c->buf, c->buf_len - first },
	};
	u32 sent;

	if (!c->buf_len)
		return;
	sent = send_parts(c, iov, iov[1].iov_len ? 2 : 1);
	/* A failure has emptied the buffer. */
	if (!sent)
		return;
	c->buf_off = (c->buf_off + sent) % c->alloc;
	c->buf_len -= sent;
	vouch_stream_forwarded(c, sent);
	if (!c->buf_len)
		vouch_stream_shut(c);
}

static int keep(struct vouch_stream *c, struct vouch_slice *payload, u32 len)
{
	u32 end, first;

	if (!c->buf)
		c->buf = malloc(c->alloc);
	if (!c->buf)
		return -ENOMEM;
	end = (c->buf_off + c->buf_len) % c->alloc;
	first = MIN(len, c->alloc - end);
	vouch_slice_copy(payload, c->buf + end, first);
	vouch_slice_copy(payload, c->buf, len - first);
	c->buf_len += len;
	return 0;
}

int vouch_stream_put(struct vouch_stream *c, struct vouch_slice *payload,
		     u32 len)
{
	u32 sent = 0;
	int err = 0;

	if (!c->buf_len)
		sent = send_parts(c, payload->iov, payload->n);
	if (c->write_end)
		sent = len;
	vouch_stream_forwarded(c, sent);
	if (sent < len) {
		vouch_slice_skip(payload, sent);
		err = keep(c, payload, len - sent);
	}
	vouch_stream_watch(c);
	return err;
}

static u32 trim(struct vouch_slice *room, u32 max)
{
	u32 i, left = max;

	for (i = 0; i < room->n && left; i++) {
		room->iov[i].iov_len = MIN(room->iov[i].iov_len, left);
		left -= room->iov[i].iov_len;
	}
	room->n = i;
	return max - left;
}

/* The socket is empty: the next data are an event again. */
static void rest(struct vouch_stream *c)
{
	c->readable = c->muted = false;
	vouch_stream_watch(c);
}

u32 vouch_stream_get(struct vouch_stream *c, struct vouch_slice *room)
{
	struct msghdr msg = { .msg_iov = room->iov };
	u32 asked = trim(room, vouch_stream_credit(c));
	ssize_t n;

	msg.msg_iovlen = room->n;
	n = recvmsg(c->fd, &msg, MSG_DONTWAIT);
	if (n > 0) {
		if (n < asked && !c->hung_up)
			rest(c);
		return n;
	}
	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0 && errno == EAGAIN && !c->hung_up) {
		rest(c);
		return 0;
	}
	if (n < 0)
		end_writing(c);
	end_reading(c);
	vouch_stream_watch(c);
	return 0;
}

void vouch_stream_shut(struct vouch_stream *c)
{
	if (c->shut_guest & VIRTIO_VSOCK_SHUTDOWN_RCV && !c->read_end) {
		/* The local writer learns that nobody reads. */
		c->read_end = true;
		c->readable = false;
		shutdown(c->fd, SHUT_RD);
	}
	if (c->shut_guest & VIRTIO_VSOCK_SHUTDOWN_SEND && !c->buf_len)
		shutdown(c->fd, SHUT_WR);
	if (c->state == VOUCH_STREAM_DRAINING && !c->buf_len)
		vouch_stream_close(c);
	else
		vouch_stream_watch(c);
}

/* The dialler has given up before the guest answered. */
static void give_up(struct vouch_stream *c)
{
	struct vouch_stream_table *t = c->table;
	bool asked = !(c->send & VOUCH_STREAM_SEND_REQUEST);
	u32 host_port = c->host_port, guest_port = c->guest_port;

	vouch_stream_close(c);
	if (asked)
		t->ops->reset(t, host_port, guest_port);
}

/* True if the connection lives on. */
static bool handle_socket(struct vouch_stream *c, u32 events)
{
	if (events & (EPOLLHUP | EPOLLERR)) {
		if (c->state == VOUCH_STREAM_DIALLING) {
			give_up(c);
			return false;
		}
		hang_up(c);
	}
	if (events & EPOLLOUT)
		flush(c);
	if (c->state == VOUCH_STREAM_DRAINING && !c->buf_len)
		vouch_stream_close(c);
	if (c->state == VOUCH_STREAM_DEAD)
		return false;
	if (events & EPOLLIN) {
		/* Said twice: the guest cannot take it now. */
		c->muted = c->readable;
		c->readable = !c->read_end;
	}
	vouch_stream_watch(c);
	return true;
}

void vouch_stream_handle(struct vouch_event *ev, u32 events)
{
	struct vouch_stream *c =
		vouch_container(ev, struct vouch_stream, event);
	struct vouch_stream_table *t = c->table;

	if (handle_socket(c, events) && c->state != VOUCH_STREAM_DRAINING &&
	    vouch_stream_wants(c))
		vouch_stream_ready(c);
	t->ops->run(t);
}
