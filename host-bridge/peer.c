// SPDX-License-Identifier: BSD-2-Clause
/* Requests, their answers, and their time-outs. */

#include <stdlib.h>

#include "log.h"
#include "peer.h"

struct vouch_request {
	struct vouch_timer timer;
	struct vouch_reap reap;
	struct vouch_peer *peer;
	struct vouch_request *next;
	vouch_answer_fn fn;
	void *ctx;
	u32 id;
};

static void request_free(struct vouch_reap *reap)
{
	free(vouch_container(reap, struct vouch_request, reap));
}

static struct vouch_request *take(struct vouch_peer *peer, u32 id)
{
	struct vouch_request **p, *req;

	for (p = &peer->requests; *p; p = &(*p)->next) {
		req = *p;
		if (req->id != id)
			continue;
		*p = req->next;
		return req;
	}
	return NULL;
}

static void finish(struct vouch_loop *loop, struct vouch_request *req,
		   const struct vouch_answer *answer)
{
	vouch_timer_cancel(loop, &req->timer);
	vouch_loop_reap(loop, &req->reap);
	req->fn(req->ctx, answer);
}

static void expire(struct vouch_timer *timer)
{
	const struct vouch_answer late = { .err = -ETIMEDOUT };
	struct vouch_request *req =
		vouch_container(timer, struct vouch_request, timer);
	struct vouch_peer *peer = req->peer;

	/* A request is taken off when the peer goes, so there is a peer. */
	if (take(peer, req->id) != req)
		return;
	peer->n_late++;
	finish(peer->conn->loop, req, &late);
}

/* As many as requests whose time was up, and no more: a peer that answers
 * what was answered is no better than one that answers what nobody asked. */
static bool is_late(struct vouch_peer *peer, const struct vouch_frame *frame)
{
	if (!frame->id || frame->id > peer->last_id || !peer->n_late)
		return false;
	peer->n_late--;
	return true;
}

static void on_frame(struct vouch_conn *conn, const struct vouch_frame *frame,
		     json_t *json)
{
	struct vouch_peer *peer = conn->owner;
	struct vouch_answer answer = { .frame = frame, .json = json };
	struct vouch_request *req = NULL;

	if (frame->id)
		req = take(peer, frame->id);
	if (req)
		finish(conn->loop, req, &answer);
	else if (is_late(peer, frame))
		vouch_debug("an answer came too late and is dropped");
	else if (peer->ops->notice)
		peer->ops->notice(peer, frame, json);
	else
		vouch_peer_drop(peer, "a frame that answers nothing");
}

void vouch_peer_drop(struct vouch_peer *peer, const char *why)
{
	const struct vouch_answer gone = { .err = -ECONNRESET, .why = why };
	struct vouch_request *list = peer->requests;
	struct vouch_conn *conn = peer->conn;

	if (!conn)
		return;
	peer->conn = NULL;
	peer->requests = NULL;
	vouch_conn_close(conn);
	while (list) {
		struct vouch_request *req = list;

		list = req->next;
		finish(conn->loop, req, &gone);
	}
	peer->ops->gone(peer, why);
}

static void on_closed(struct vouch_conn *conn, const char *why)
{
	vouch_peer_drop(conn->owner, why);
}

static const struct vouch_conn_ops peer_conn_ops = {
	.frame = on_frame,
	.closed = on_closed,
};

void vouch_peer_adopt(struct vouch_peer *peer, struct vouch_conn *conn)
{
	peer->conn = conn;
	peer->last_id = 0;
	peer->n_late = 0;
	conn->ops = &peer_conn_ops;
	conn->owner = peer;
}

int vouch_peer_call(struct vouch_peer *peer, enum vouch_frame_type type,
		    const json_t *json, const void *blob, size_t blob_len,
		    u32 timeout_ms, vouch_answer_fn fn, void *ctx)
{
	struct vouch_request *req;
	int err;

	if (!peer->conn)
		return -ENOTCONN;
	req = calloc(1, sizeof(*req));
	if (!req)
		return -ENOMEM;
	req->peer = peer;
	req->fn = fn;
	req->ctx = ctx;
	req->id = ++peer->last_id;
	req->timer.expire = expire;
	req->reap.free = request_free;
	err = vouch_conn_send(peer->conn, type, req->id, json, blob, blob_len);
	if (err) {
		free(req);
		return err;
	}
	req->next = peer->requests;
	peer->requests = req;
	vouch_timer_set(peer->conn->loop, &req->timer, timeout_ms);
	return 0;
}
