/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection: frames over a stream socket, without blocking.
 *
 * What comes in is gathered until a frame is whole; memory grows with the
 * bytes that have really come, never with a length that a peer only claims,
 * and up to a quota. Frames must be whole in time.
 */
#ifndef VOUCH_CONN_H
#define VOUCH_CONN_H

#include <jansson.h>

#include "../common/frame.h"
#include "loop.h"
#include "quota.h"

/* Time that a peer has to read the last words, ms. */
#define VOUCH_CONN_LINGER 10000

/* Bytes that may wait for a peer that does not read. */
#define VOUCH_CONN_MAX_OUT (160u << 20)

struct vouch_conn;

/**
 * struct vouch_conn_ops - what the owner of a connection is told
 * @frame: a frame has come; @json is an object, borrowed, as is @frame
 * @closed: the connection is over, @why says why; freed after the batch, or
 *	when the peer has been told. Not called after vouch_conn_close()
 *
 * Both may close the connection.
 */
struct vouch_conn_ops {
	void (*frame)(struct vouch_conn *conn, const struct vouch_frame *frame,
		      json_t *json);
	void (*closed)(struct vouch_conn *conn, const char *why);
};

struct vouch_conn {
	struct vouch_event ev;
	struct vouch_reap reap;
	struct vouch_timer linger;
	struct vouch_loop *loop;
	const struct vouch_conn_ops *ops;
	void *owner;
	int fd; /* -1 once closed */
	u32 max_blob;
	u32 max_json; /* likewise; the protocol's at first */
	u32 frame_ms; /* a frame may take, 0: any time */
	bool explain; /* tell the peer why, before hanging up on it */
	struct vouch_timer stall;
	struct vouch_quota *quota; /* of the bytes below, NULL: none */
	bool drain; /* close once all is written */
	u32 watched; /* EPOLL* */
	u8 *in;
	size_t in_len, in_size;
	u8 *out;
	size_t out_off, out_len, out_size;
};

/**
 * vouch_conn_open() - take over a connected stream socket.
 * @loop: the loop that drives it
 * @fd: the socket; the connection's, on error too
 * @max_blob: most blob bytes of a frame that the peer may send
 * @ops: callbacks; must outlive the connection
 * @owner: for the callbacks, as conn->owner
 *
 * Return: the connection, or NULL when out of memory or descriptors.
 */
struct vouch_conn *vouch_conn_open(struct vouch_loop *loop, int fd,
				   u32 max_blob,
				   const struct vouch_conn_ops *ops,
				   void *owner);

/**
 * vouch_conn_meter() - count what a connection holds, from now on.
 * @conn: the connection
 * @quota: where; must outlive the connection. NULL: nowhere
 *
 * What it holds already is counted even if it exceeds the quota.
 */
void vouch_conn_meter(struct vouch_conn *conn, struct vouch_quota *quota);

/**
 * vouch_conn_send() - send one frame.
 * @conn: the connection
 * @type: type of the frame
 * @id: of the request
 * @json: an object, borrowed
 * @blob: raw bytes, borrowed; may be NULL if @blob_len is 0
 * @blob_len: their number
 *
 * The frame is copied; nothing is called back from here.
 *
 * Return: 0, -EMSGSIZE for a frame beyond the protocol's limits, -ENOBUFS
 * when too much waits already or the quota is used up, -ENOTCONN, -ENOMEM.
 */
int vouch_conn_send(struct vouch_conn *conn, enum vouch_frame_type type, u32 id,
		    const json_t *json, const void *blob, size_t blob_len);

/**
 * vouch_conn_flush() - write what can be written now.
 * @conn: the connection, may be NULL
 */
void vouch_conn_flush(struct vouch_conn *conn);

/**
 * vouch_conn_drain() - hear no more, write what waits, then close.
 * @conn: the connection; its owner forgets it now
 */
void vouch_conn_drain(struct vouch_conn *conn);

/**
 * vouch_conn_close() - close at once.
 * @conn: the connection, may be NULL; freed after the batch
 */
void vouch_conn_close(struct vouch_conn *conn);

#endif /* VOUCH_CONN_H */
