// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vhost-user protocol: receive a message, serve it, answer.
 */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "request.h"

#define FLAG_VERSION 1u
#define FLAG_VERSION_MASK 3u
#define FLAG_REPLY (1u << 2)
#define FLAG_NEED_REPLY (1u << 3)

/* Messages served in a row before others have their turn. */
#define BATCH 32

/* The longest that a driver waits to be told of packets that it sent. */
#define LATE_NS 4000000

/* The most bytes of such packets: memory that the guest cannot use again. What
 * it may send ahead does not depend on them, but on its credit. */
#define MAX_HELD (1u << 20)

int vouch_vhost_fail(struct vouch_vhost *vh, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(vh->why, sizeof(vh->why), format, ap);
	va_end(ap);
	return err;
}

static void close_fds(struct vouch_vhost *vh)
{
	while (vh->n_fds) {
		int fd = vh->fds[--vh->n_fds];

		if (fd >= 0)
			close(fd);
	}
}

/* Whoever held the other end of his own socket would never hear it close. */
static bool is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) || S_ISSOCK(st.st_mode);
}

static int take_fds(struct vouch_vhost *vh, struct msghdr *msg)
{
	bool socket = false;
	struct cmsghdr *c;
	u32 n;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		/* The control buffer has room for no more in one message;
		 * a head received in pieces may still bring too many. */
		for (u32 i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			socket |= is_socket(fd);
			if (vh->n_fds < VOUCH_VHOST_MAX_FDS) {
				vh->fds[vh->n_fds++] = fd;
			} else {
				close(fd);
				msg->msg_flags |= MSG_CTRUNC;
			}
		}
	}
	if (msg->msg_flags & MSG_CTRUNC)
		return vouch_vhost_fail(vh, -EPROTO,
					"a message brings more than %u files",
					VOUCH_VHOST_MAX_FDS);
	if (socket)
		return vouch_vhost_fail(vh, -EPROTO,
					"a message brings a socket");
	return 0;
}

static int received(struct vouch_vhost *vh, ssize_t n)
{
	if (n > 0) {
		vh->have += n;
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (!n && !vh->have)
		return vouch_vhost_fail(vh, -ENOTCONN,
					"the front end has disconnected");
	return vouch_vhost_fail(vh, -EPROTO,
				"the front end has disconnected in the middle "
				"of a message");
}

static int receive_head(struct vouch_vhost *vh)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * VOUCH_VHOST_MAX_FDS)];
		struct cmsghdr align;
	} control;
	struct iovec iov = {
		.iov_base = (u8 *)&vh->head + vh->have,
		.iov_len = sizeof(vh->head) - vh->have,
	};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(vh->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int err = n > 0 ? take_fds(vh, &msg) : 0;

	return err ? err : received(vh, n);
}

static int check_head(struct vouch_vhost *vh)
{
	const struct vouch_vhost_head *h = &vh->head;

	if ((h->flags & FLAG_VERSION_MASK) != FLAG_VERSION ||
	    h->flags & FLAG_REPLY)
		return vouch_vhost_fail(vh, -EPROTO,
					"a message with flags 0x%x, not a "
					"request of version 1",
					h->flags);
	if (h->size > sizeof(vh->payload))
		return vouch_vhost_fail(vh, -EPROTO,
					"a message of %u bytes, the most is "
					"%zu",
					h->size, sizeof(vh->payload));
	return 0;
}

/* 1: a whole message is there; 0: not yet. Files come with the head only;
 * recv() lets any others drop. */
static int receive(struct vouch_vhost *vh)
{
	u32 off;
	int ret;

	while (vh->have < sizeof(vh->head)) {
		ret = receive_head(vh);
		if (ret <= 0)
			return ret;
	}
	ret = check_head(vh);
	if (ret)
		return ret;
	while (vh->have < sizeof(vh->head) + vh->head.size) {
		off = vh->have - sizeof(vh->head);
		ret = received(vh, recv(vh->fd, (u8 *)&vh->payload + off,
					vh->head.size - off, MSG_DONTWAIT));
		if (ret <= 0)
			return ret;
	}
	return 1;
}

static int answer(struct vouch_vhost *vh)
{
	struct iovec iov[2] = {
		{ &vh->head, sizeof(vh->head) },
		{ &vh->payload, vh->reply_len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	vh->head.flags = FLAG_VERSION | FLAG_REPLY;
	vh->head.size = vh->reply_len;
	n = sendmsg(vh->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == (ssize_t)(sizeof(vh->head) + vh->reply_len))
		return 0;
	return vouch_vhost_fail(vh, -EPROTO,
				"the front end does not read its answers");
}

static int serve(struct vouch_vhost *vh)
{
	bool ack = vh->head.flags & FLAG_NEED_REPLY &&
		   vh->protocol_features & VOUCH_VHOST_REPLY_ACK;
	int err;

	vh->reply_len = 0;
	err = vouch_vhost_request_serve(vh);
	close_fds(vh);
	if (!err && ack && !vh->reply_len) {
		vh->payload.value = 0;
		vh->reply_len = sizeof(vh->payload.value);
	}
	if (!err && vh->reply_len)
		err = answer(vh);
	vh->have = 0;
	return err;
}

static void handle(struct vouch_event *ev, u32 events)
{
	struct vouch_vhost *vh = vouch_container(ev, struct vouch_vhost, event);
	int i, ret = 0;

	(void)events;
	for (i = 0; i < BATCH && vh->fd >= 0; i++) {
		ret = receive(vh);
		if (ret > 0)
			ret = serve(vh);
		else if (!ret)
			break;
		if (ret)
			break;
	}
	if (ret)
		vh->ops->ended(vh, ret);
	else if (vh->fd >= 0)
		vh->ops->run(vh);
}

static void handle_kick(struct vouch_event *ev, u32 events)
{
	struct vouch_vhost_ring *r =
		vouch_container(ev, struct vouch_vhost_ring, event);
	struct vouch_vhost *vh = r->vh;
	u64 count;
	const struct iovec iov = { &count, sizeof(count) };

	(void)events;
	if (r->kick_fd < 0)
		return;
	/* The front end can have the file block again, and empty it. */
	if (preadv2(r->kick_fd, &iov, 1, -1, RWF_NOWAIT) < 0 &&
	    errno != EAGAIN && errno != EINTR) {
		vouch_vhost_fail(vh, -EPROTO, "the kick file is unreadable");
		vh->ops->ended(vh, -EPROTO);
		return;
	}
	vh->ops->run(vh);
}

void vouch_vhost_init(struct vouch_vhost *vh, int epoll_fd, u64 guest_cid,
		      const struct vouch_vhost_ops *ops)
{
	int i;

	memset(vh, 0, sizeof(*vh));
	vh->event.handle = handle;
	vh->ops = ops;
	vh->epoll_fd = epoll_fd;
	vh->fd = vh->late_fd = -1;
	vh->guest_cid = guest_cid;
	for (i = 0; i < VOUCH_RING_COUNT; i++) {
		struct vouch_vhost_ring *r = &vh->rings[i];

		r->event.handle = handle_kick;
		r->vh = vh;
		r->kick_fd = r->call_fd = -1;
	}
}

/* A full counter is a call that is still to be seen. The front end can have
 * the file block again, so it is not written to then. */
static void call(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	const u64 one = 1;
	ssize_t n;

	if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
		return;
	n = write(fd, &one, sizeof(one));
	(void)n;
}

static void call_ring(struct vouch_vhost_ring *r)
{
	/* A ring that stopped meanwhile has nothing to tell. */
	if (r->ring.desc && vouch_ring_wants_call(&r->ring) && r->call_fd >= 0)
		call(r->call_fd);
}

/* Time is up: whatever the driver was not told of is told. */
static void handle_late(struct vouch_event *ev, u32 events)
{
	struct vouch_vhost *vh =
		vouch_container(ev, struct vouch_vhost, late_event);
	u64 count;
	ssize_t n = read(vh->late_fd, &count, sizeof(count));

	(void)n;
	(void)events;
	vh->late = false;
	call_ring(&vh->rings[VOUCH_RING_TX]);
}

int vouch_vhost_set_timer(struct vouch_vhost *vh, int fd)
{
	int err;

	vh->late_event.handle = handle_late;
	err = vouch_event_set(vh->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN,
			      &vh->late_event);
	if (!err)
		vh->late_fd = fd;
	return err;
}

static void stop_timer(struct vouch_vhost *vh)
{
	const struct itimerspec never = {};

	if (vh->late)
		timerfd_settime(vh->late_fd, 0, &never, NULL);
	vh->late = false;
}

int vouch_vhost_open(struct vouch_vhost *vh, int fd)
{
	int err;

	err = vouch_event_set(vh->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN,
			      &vh->event);
	if (err)
		return err;
	vh->fd = fd;
	vh->why[0] = 0;
	return 0;
}

void vouch_vhost_close(struct vouch_vhost *vh)
{
	int i;

	if (vh->fd < 0)
		return;
	for (i = 0; i < VOUCH_RING_COUNT; i++)
		vouch_vhost_ring_forget(vh, &vh->rings[i]);
	vouch_memory_release(&vh->memory);
	close_fds(vh);
	stop_timer(vh);
	vouch_event_set(vh->epoll_fd, EPOLL_CTL_DEL, vh->fd, 0, NULL);
	close(vh->fd);
	vh->fd = -1;
	vh->have = 0;
	vh->features = vh->protocol_features = 0;
}

bool vouch_vhost_running(const struct vouch_vhost *vh)
{
	int i;

	for (i = 0; i < VOUCH_RING_COUNT; i++)
		if (!vh->rings[i].enabled || !vh->rings[i].ring.desc)
			return false;
	return vh->fd >= 0;
}

/* True if the driver can wait to be told, and the timer sees to it. */
static bool can_wait(struct vouch_vhost *vh, const struct vouch_ring *ring)
{
	const struct itimerspec in = { .it_value.tv_nsec = LATE_NS };

	if (ring->untold >= (ring->num + 3) / 4 || ring->held >= MAX_HELD ||
	    vh->late_fd < 0)
		return false;
	if (ring->untold && !vh->late)
		vh->late = !timerfd_settime(vh->late_fd, 0, &in, NULL);
	return vh->late;
}

void vouch_vhost_call(struct vouch_vhost *vh)
{
	call_ring(&vh->rings[VOUCH_RING_RX]);
	if (!can_wait(vh, &vh->rings[VOUCH_RING_TX].ring))
		call_ring(&vh->rings[VOUCH_RING_TX]);
}
