/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer: whoever answers requests over a connection, be it an agent in a VM
 * or another process of the daemon. Matches answers to requests and minds the
 * time.
 */
#ifndef VOUCH_PEER_H
#define VOUCH_PEER_H

#include "conn.h"

struct vouch_peer;

/* What became of a request. */
struct vouch_answer {
	int err; /* 0, -ETIMEDOUT, or -ECONNRESET: the peer is gone */
	const struct vouch_frame *frame; /* if err is 0, borrowed */
	json_t *json; /* if err is 0, borrowed */
	const char *why; /* if err is -ECONNRESET: how it was lost, borrowed */
};

typedef void (*vouch_answer_fn)(void *ctx, const struct vouch_answer *answer);

/**
 * struct vouch_peer_ops - what the owner of a peer is told
 * @notice: a frame that answers nothing. NULL: such a frame ends the
 *	connection
 * @gone: the connection is over; requests have been answered -ECONNRESET
 */
struct vouch_peer_ops {
	void (*notice)(struct vouch_peer *peer, const struct vouch_frame *frame,
		       json_t *json);
	void (*gone)(struct vouch_peer *peer, const char *why);
};

struct vouch_request;

struct vouch_peer {
	struct vouch_conn *conn; /* NULL: not connected */
	const struct vouch_peer_ops *ops;
	struct vouch_request *requests;
	u32 last_id;
	u32 n_late; /* answers that may still come, after their time */
};

/**
 * vouch_peer_adopt() - let a peer speak over a connection.
 * @peer: with @peer->ops set; not connected
 * @conn: the connection; from now on the peer's
 */
void vouch_peer_adopt(struct vouch_peer *peer, struct vouch_conn *conn);

/**
 * vouch_peer_call() - send a request.
 * @peer: whom to ask
 * @type: type of the frame
 * @json: an object, borrowed
 * @blob: raw bytes, borrowed; may be NULL if @blob_len is 0
 * @blob_len: their number
 * @timeout_ms: time for the answer, milliseconds
 * @fn: called once, later, unless this call fails
 * @ctx: for @fn
 *
 * Return: 0, -ENOTCONN, or an error of vouch_conn_send().
 */
int vouch_peer_call(struct vouch_peer *peer, enum vouch_frame_type type,
		    const json_t *json, const void *blob, size_t blob_len,
		    u32 timeout_ms, vouch_answer_fn fn, void *ctx);

/**
 * vouch_peer_drop() - hang up on a peer.
 * @peer: connected or not
 * @why: for the log
 *
 * Outstanding requests are answered -ECONNRESET, @peer->ops->gone is called.
 */
void vouch_peer_drop(struct vouch_peer *peer, const char *why);

#endif /* VOUCH_PEER_H */
