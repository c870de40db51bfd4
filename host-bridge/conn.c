// SPDX-License-Identifier: BSD-2-Clause
/* Buffers around a non-blocking socket. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/failure.h"
#include "conn.h"

#define MIN_BUFFER 4096u
#define READ_CHUNK (64u << 10)
/* What one peer may make the loop read before others have their turn. */
#define READ_TURN (1u << 20)

static void conn_free(struct vouch_reap *reap)
{
	struct vouch_conn *conn =
		vouch_container(reap, struct vouch_conn, reap);

	free(conn->in);
	free(conn->out);
	free(conn);
}

static size_t held(const struct vouch_conn *conn)
{
	return conn->in_len + conn->out_len;
}

void vouch_conn_meter(struct vouch_conn *conn, struct vouch_quota *quota)
{
	struct vouch_quota *q;

	vouch_quota_give(conn->quota, held(conn));
	conn->quota = quota;
	for (q = quota; q; q = q->whole)
		q->held += held(conn);
}

void vouch_conn_close(struct vouch_conn *conn)
{
	if (!conn || conn->fd < 0)
		return;
	vouch_timer_cancel(conn->loop, &conn->linger);
	vouch_timer_cancel(conn->loop, &conn->stall);
	vouch_conn_meter(conn, NULL);
	/* The descriptor may have been copied into another process. */
	vouch_event_set(conn->loop->epoll_fd, EPOLL_CTL_DEL, conn->fd, 0, NULL);
	close(conn->fd);
	conn->fd = -1;
	vouch_loop_reap(conn->loop, &conn->reap);
}

static void fail(struct vouch_conn *conn, const char *why)
{
	bool tell = !conn->drain;

	if (conn->fd < 0)
		return;
	vouch_conn_close(conn);
	if (tell)
		conn->ops->closed(conn, why);
}

/* Like fail(), for what the peer did wrong: it learns that first. */
static void refuse(struct vouch_conn *conn, int err, enum vouch_exit exit,
		   const char *why, const char *remedy)
{
	struct vouch_failure f;
	json_t *json;

	if (!conn->explain || conn->drain || conn->fd < 0) {
		fail(conn, why);
		return;
	}
	vouch_fail(&f, err, exit, "take a frame");
	vouch_fail_why(&f, "%s", why);
	vouch_fail_next(&f, "%s", remedy);
	json = vouch_failure_json(&f);
	/* Nobody looks at that any more; the answer needs the room. */
	vouch_quota_give(conn->quota, conn->in_len);
	free(conn->in);
	conn->in = NULL;
	conn->in_len = conn->in_size = 0;
	if (json)
		vouch_conn_send(conn, VOUCH_FRAME_ERROR, 0, json, NULL, 0);
	json_decref(json);
	vouch_conn_drain(conn);
	conn->ops->closed(conn, why);
}

static int grow(u8 **buf, size_t *size, size_t need)
{
	size_t n = *size ? *size : MIN_BUFFER;
	u8 *p;

	while (n < need)
		n *= 2;
	if (n == *size)
		return 0;
	p = realloc(*buf, n);
	if (!p)
		return -ENOMEM;
	*buf = p;
	*size = n;
	return 0;
}

static void watch(struct vouch_conn *conn)
{
	u32 events = conn->drain ? 0 : EPOLLIN;

	if (conn->out_len)
		events |= EPOLLOUT;
	if (events == conn->watched)
		return;
	if (!vouch_event_set(conn->loop->epoll_fd, EPOLL_CTL_MOD, conn->fd,
			     events, &conn->ev))
		conn->watched = events;
}

/* Returns 0 when all or nothing more can be written, or -errno. */
static int flush(struct vouch_conn *conn)
{
	while (conn->out_len) {
		ssize_t n = send(conn->fd, conn->out + conn->out_off,
				 conn->out_len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		conn->out_off += (size_t)n;
		conn->out_len -= (size_t)n;
		vouch_quota_give(conn->quota, (size_t)n);
	}
	conn->out_off = 0;
	if (conn->out_size > READ_TURN) {
		free(conn->out);
		conn->out = NULL;
		conn->out_size = 0;
	}
	return 0;
}

void vouch_conn_flush(struct vouch_conn *conn)
{
	if (conn && conn->fd >= 0)
		flush(conn);
}

static int append(struct vouch_conn *conn, const void *data, size_t len)
{
	if (!len)
		return 0;
	if (conn->out_off) {
		memmove(conn->out, conn->out + conn->out_off, conn->out_len);
		conn->out_off = 0;
	}
	if (grow(&conn->out, &conn->out_size, conn->out_len + len))
		return -ENOMEM;
	memcpy(conn->out + conn->out_len, data, len);
	conn->out_len += len;
	return 0;
}

int vouch_conn_send(struct vouch_conn *conn, enum vouch_frame_type type, u32 id,
		    const json_t *json, const void *blob, size_t blob_len)
{
	struct vouch_frame_head head;
	size_t json_len, before = conn->out_len;
	char *text;
	int err = -EMSGSIZE;

	if (conn->fd < 0)
		return -ENOTCONN;
	text = json_dumps(json, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	json_len = strlen(text);
	if (json_len > VOUCH_FRAME_MAX_JSON || blob_len > VOUCH_FRAME_MAX_BLOB)
		goto out;
	err = -ENOBUFS;
	if (conn->out_len + json_len + blob_len > VOUCH_CONN_MAX_OUT)
		goto out;
	if (!vouch_quota_take(conn->quota, sizeof(head) + json_len + blob_len))
		goto out;
	vouch_frame_head_init(&head, type, id, (u32)json_len, (u32)blob_len);
	err = append(conn, &head, sizeof(head));
	if (!err)
		err = append(conn, text, json_len);
	if (!err)
		err = append(conn, blob, blob_len);
	if (err) {
		conn->out_len = before;
		vouch_quota_give(conn->quota,
				 sizeof(head) + json_len + blob_len);
	} else {
		watch(conn);
	}
out:
	free(text);
	return err;
}

/* The next frame, or -EAGAIN. */
static int next_frame(const struct vouch_conn *conn, size_t off,
		      struct vouch_frame *frame, const char **why)
{
	int err = vouch_frame_parse(conn->in + off, conn->in_len - off,
				    conn->max_blob, frame, why);

	if (err == -EPROTO || !frame->size || frame->json_len <= conn->max_json)
		return err;
	*why = "frame: JSON is too long for what it may say";
	return -EPROTO;
}

/* Each frame has its time, from its first byte on. */
static void mind_time(struct vouch_conn *conn, bool taken)
{
	if (taken || !conn->in_len)
		vouch_timer_cancel(conn->loop, &conn->stall);
	if (conn->in_len && conn->frame_ms && !conn->stall.armed)
		vouch_timer_set(conn->loop, &conn->stall, conn->frame_ms);
}

static void forget(struct vouch_conn *conn, size_t len)
{
	conn->in_len -= len;
	vouch_quota_give(conn->quota, len);
	memmove(conn->in, conn->in + len, conn->in_len);
	if (!conn->in_len && conn->in_size > READ_TURN) {
		free(conn->in);
		conn->in = NULL;
		conn->in_size = 0;
	}
	mind_time(conn, len);
}

/* Hands over every whole frame. Returns false once the connection is over. */
static bool take_frames(struct vouch_conn *conn)
{
	static const char remedy[] = "speak as docs/protocol.md has it, with "
				     "an object of at most 16 MiB";
	size_t off = 0;

	while (conn->fd >= 0 && !conn->drain) {
		const char *why = NULL;
		struct vouch_frame frame;
		json_t *json;
		int err;

		err = next_frame(conn, off, &frame, &why);
		if (err == -EAGAIN)
			break;
		if (err) {
			refuse(conn, err, VOUCH_EXIT_USAGE, why, remedy);
			return false;
		}
		json = json_loadb(frame.json, frame.json_len,
				  JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(json)) {
			json_decref(json);
			refuse(conn, -EPROTO, VOUCH_EXIT_USAGE,
			       "frame: the JSON is not an object", remedy);
			return false;
		}
		off += frame.size;
		conn->ops->frame(conn, &frame, json);
		json_decref(json);
	}
	if (conn->fd < 0 || conn->drain)
		return false;
	forget(conn, off);
	return true;
}

static void stalled(struct vouch_timer *timer)
{
	struct vouch_conn *conn =
		vouch_container(timer, struct vouch_conn, stall);

	refuse(conn, -ETIMEDOUT, VOUCH_EXIT_TIMEOUT,
	       "frame: not whole in time (frame_s)",
	       "send faster, or have the operator raise frame_s");
}

/* Returns false once the connection is over. */
static bool hold(struct vouch_conn *conn, size_t n)
{
	if (vouch_quota_take(conn->quota, n)) {
		conn->in_len += n;
		return take_frames(conn);
	}
	refuse(conn, -ENOBUFS, VOUCH_EXIT_UNAVAILABLE,
	       "frame: too much is being received at present",
	       "send less at a time, or try again");
	return false;
}

/* Who has only shut its side down may still read why that was too early. */
static void ended(struct vouch_conn *conn, int error)
{
	if (error)
		fail(conn, strerror(error));
	else if (conn->in_len)
		refuse(conn, -EPROTO, VOUCH_EXIT_USAGE,
		       "frame: closed by the peer within it",
		       "send it whole, then wait for the answer");
	else
		fail(conn, "closed by the peer");
}

static void receive(struct vouch_conn *conn)
{
	size_t turn = 0;

	while (turn < READ_TURN) {
		ssize_t n;

		if (grow(&conn->in, &conn->in_size,
			 conn->in_len + READ_CHUNK)) {
			fail(conn, "out of memory");
			return;
		}
		n = read(conn->fd, conn->in + conn->in_len,
			 conn->in_size - conn->in_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			ended(conn, n ? errno : 0);
			return;
		}
		turn += (size_t)n;
		if (!hold(conn, (size_t)n))
			return;
	}
}

static void handle(struct vouch_event *ev, u32 events)
{
	struct vouch_conn *conn = vouch_container(ev, struct vouch_conn, ev);
	int err;

	if (conn->fd < 0)
		return;
	if (events & EPOLLOUT) {
		err = flush(conn);
		if (err || (conn->drain && !conn->out_len)) {
			fail(conn, err ? strerror(-err) : "drained");
			return;
		}
		watch(conn);
	}
	if (conn->drain) {
		if (events & (EPOLLERR | EPOLLHUP))
			fail(conn, "closed by the peer");
		return;
	}
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		receive(conn);
}

static void linger(struct vouch_timer *timer)
{
	vouch_conn_close(vouch_container(timer, struct vouch_conn, linger));
}

struct vouch_conn *vouch_conn_open(struct vouch_loop *loop, int fd,
				   u32 max_blob,
				   const struct vouch_conn_ops *ops,
				   void *owner)
{
	struct vouch_conn *conn = calloc(1, sizeof(*conn));
	int flags = fcntl(fd, F_GETFL);

	if (!conn || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		goto fail;
	conn->ev.handle = handle;
	conn->reap.free = conn_free;
	conn->linger.expire = linger;
	conn->stall.expire = stalled;
	conn->loop = loop;
	conn->ops = ops;
	conn->owner = owner;
	conn->fd = fd;
	conn->max_blob = max_blob;
	conn->max_json = VOUCH_FRAME_MAX_JSON;
	conn->watched = EPOLLIN;
	if (vouch_event_set(loop->epoll_fd, EPOLL_CTL_ADD, fd, EPOLLIN,
			    &conn->ev))
		goto fail;
	return conn;
fail:
	free(conn);
	close(fd);
	return NULL;
}

void vouch_conn_drain(struct vouch_conn *conn)
{
	if (!conn || conn->fd < 0)
		return;
	conn->drain = true;
	vouch_timer_cancel(conn->loop, &conn->stall);
	if (!conn->out_len) {
		vouch_conn_close(conn);
		return;
	}
	watch(conn);
	vouch_timer_set(conn->loop, &conn->linger, VOUCH_CONN_LINGER);
}
