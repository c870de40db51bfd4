/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stream: one vsock connection and the local socket that it is joined to.
 *
 * A connection is known by its two ports. It knows neither rings nor the
 * front end: packets of the guest are handed to it, and it is asked for
 * packets for the guest while it is in its table's ready list.
 *
 * Towards the local socket nothing is buffered but what the socket does not
 * take at once, at most ->alloc bytes, which is the credit that the guest has.
 * Towards the guest nothing is buffered at all: bytes go from the socket into
 * the driver's buffer, as far as the guest gives credit.
 */
#ifndef VOUCH_VSOCK_STREAM_H
#define VOUCH_VSOCK_STREAM_H

#include <sys/queue.h>

#include "packet.h"
#include "vsock.h"

#define VOUCH_STREAM_BUCKETS 1024u

enum vouch_stream_state {
	VOUCH_STREAM_DIALLING, /* the host asks, the guest has not answered */
	VOUCH_STREAM_ACCEPTED, /* the guest asked, it is not answered yet */
	VOUCH_STREAM_OPEN,
	VOUCH_STREAM_DRAINING, /* over for the guest; its last bytes go out */
	VOUCH_STREAM_DEAD, /* closed, to be freed */
};

/* What the guest is to be told besides data and SHUTDOWN. */
#define VOUCH_STREAM_SEND_REQUEST (1u << 0)
#define VOUCH_STREAM_SEND_RESPONSE (1u << 1)
#define VOUCH_STREAM_SEND_CREDIT (1u << 2)

struct vouch_stream_table;

struct vouch_stream {
	struct vouch_event event;
	struct vouch_stream_table *table;
	LIST_ENTRY(vouch_stream) bucket; /* draining: of ->draining */
	TAILQ_ENTRY(vouch_stream) ready; /* dead: of ->dead */
	enum vouch_stream_state state;
	u32 host_port, guest_port;
	int fd; /* -1: nobody there any more */
	u32 watched; /* events asked of epoll */

	bool queued; /* in the ready list */
	bool readable; /* the socket may have data */
	bool muted; /* not watched for data, since readable is known */
	bool read_end; /* nothing more to read from the socket */
	bool write_end; /* nothing can be written to the socket */
	bool hung_up; /* the peer of the socket is no more */

	u32 send; /* VOUCH_STREAM_SEND_* */
	u32 shut_want, shut_sent; /* VIRTIO_VSOCK_SHUTDOWN_* by the host */
	u32 shut_guest; /* and by the guest */
	u32 rx_cnt, fwd_cnt, last_fwd; /* bytes from the guest */
	u32 tx_cnt, peer_alloc, peer_fwd; /* bytes to the guest */

	u32 alloc; /* VOUCH_VSOCK_BUFFER or _LARGE_BUFFER; not once open */
	u8 *buf; /* ring of ->alloc bytes; NULL until needed */
	u32 buf_off, buf_len;
};

LIST_HEAD(vouch_stream_list, vouch_stream);
TAILQ_HEAD(vouch_stream_queue, vouch_stream);

struct vouch_stream_table_ops {
	/* a connection has entered the ready list, or freed the guest's way */
	void (*run)(struct vouch_stream_table *t);
	/* the guest is to be told that the connection is no more */
	void (*reset)(struct vouch_stream_table *t, u32 host_port,
		      u32 guest_port);
	/* vouch_stream_table_reap() is due after this batch of events */
	void (*reap)(struct vouch_stream_table *t);
};

struct vouch_stream_table {
	const struct vouch_stream_table_ops *ops;
	int epoll_fd;
	u32 n; /* all but the dead */
	u32 n_large; /* of them with a large buffer */
	u32 seed;
	struct vouch_stream_list buckets[VOUCH_STREAM_BUCKETS];
	struct vouch_stream_list draining;
	struct vouch_stream_queue ready;
	struct vouch_stream_queue
		dead[2]; /* of this round, of the one before */
};

/* table.c: where connections are kept. */

/**
 * vouch_stream_table_init() - an empty table.
 * @t: the table
 * @epoll_fd: the caller's epoll instance
 * @ops: callbacks
 */
void vouch_stream_table_init(struct vouch_stream_table *t, int epoll_fd,
			     const struct vouch_stream_table_ops *ops);

/**
 * vouch_stream_find() - look a connection up.
 * @t: the table
 * @host_port: port on the host's side
 * @guest_port: port on the guest's side
 *
 * Return: the connection, or NULL.
 */
struct vouch_stream *vouch_stream_find(struct vouch_stream_table *t,
				       u32 host_port, u32 guest_port);

/**
 * vouch_stream_new() - make a connection and put it into the table.
 * @t: the table
 * @conn: set on success
 * @host_port: port on the host's side
 * @guest_port: port on the guest's side; the pair is not in the table
 * @fd: a connected stream socket; taken over on success
 * @state: VOUCH_STREAM_DIALLING or VOUCH_STREAM_ACCEPTED
 *
 * Return: 0, -EMFILE if the table is full, -ENOTSOCK or -EPROTOTYPE for an
 * unfit @fd, or -errno.
 */
int vouch_stream_new(struct vouch_stream_table *t, struct vouch_stream **conn,
		     u32 host_port, u32 guest_port, int fd,
		     enum vouch_stream_state state);

/**
 * vouch_stream_widen() - give a guest more credit, if its buffer asks for it.
 * @c: a connection that is about to open, with ->peer_alloc set
 */
void vouch_stream_widen(struct vouch_stream *c);

/**
 * vouch_stream_ready() - put a connection into the ready list.
 * @c: the connection; not draining and not dead
 */
void vouch_stream_ready(struct vouch_stream *c);

/**
 * vouch_stream_unready() - take a connection out of the ready list.
 * @c: the connection
 */
void vouch_stream_unready(struct vouch_stream *c);

/**
 * vouch_stream_unlist() - take a connection out of sight of the guest.
 * @c: the connection; its ports are free again, it drains
 */
void vouch_stream_unlist(struct vouch_stream *c);

/**
 * vouch_stream_close() - end a connection at once.
 * @c: the connection; freed after the batch of events
 */
void vouch_stream_close(struct vouch_stream *c);

/**
 * vouch_stream_table_clear() - end all connections of the table.
 * @t: the table
 */
void vouch_stream_table_clear(struct vouch_stream_table *t);

/**
 * vouch_stream_table_reap() - free what died before the last call.
 * @t: the table
 *
 * Return: true if another call is due.
 */
bool vouch_stream_table_reap(struct vouch_stream_table *t);

/* stream.c: the guest's side. */

/**
 * vouch_stream_receive() - take a packet of the guest.
 * @c: the connection that it belongs to; may be dead afterwards
 * @pkt: the header
 * @payload: ->len bytes; consumed
 */
void vouch_stream_receive(struct vouch_stream *c,
			  const struct vouch_packet *pkt,
			  struct vouch_slice *payload);

/**
 * vouch_stream_fill() - make the next packet for the guest.
 * @c: a connection taken from the ready list
 * @pkt: type, op, flags, length, ports and credit are filled in
 * @room: where payload may go
 *
 * Return: true if there is a packet.
 */
bool vouch_stream_fill(struct vouch_stream *c, struct vouch_packet *pkt,
		       struct vouch_slice *room);

/**
 * vouch_stream_wants() - has a connection something for the guest?
 * @c: the connection
 *
 * Return: true if it belongs into the ready list.
 */
bool vouch_stream_wants(const struct vouch_stream *c);

/**
 * vouch_stream_is_over() - has the host closed both directions?
 * @c: the connection
 *
 * Return: true if only the guest's reset is missing. A guest that forgets the
 * connection before it says so may use the ports again.
 */
bool vouch_stream_is_over(const struct vouch_stream *c);

/**
 * vouch_stream_credit() - how much does the guest take?
 * @c: the connection
 *
 * Return: bytes.
 */
u32 vouch_stream_credit(const struct vouch_stream *c);

/**
 * vouch_stream_forwarded() - count bytes of the guest as done with.
 * @c: the connection
 * @len: bytes
 */
void vouch_stream_forwarded(struct vouch_stream *c, u32 len);

/* splice.c: the local socket's side. */

/**
 * vouch_stream_handle() - events of the local socket.
 * @ev: the connection's event
 * @events: EPOLL* bits
 */
void vouch_stream_handle(struct vouch_event *ev, u32 events);

/**
 * vouch_stream_watch() - ask epoll for what the connection waits for.
 * @c: the connection
 */
void vouch_stream_watch(struct vouch_stream *c);

/**
 * vouch_stream_put() - hand bytes of the guest to the local socket.
 * @c: the connection
 * @payload: consumed
 * @len: its bytes, within the guest's credit
 *
 * Return: 0, or -ENOMEM.
 */
int vouch_stream_put(struct vouch_stream *c, struct vouch_slice *payload,
		     u32 len);

/**
 * vouch_stream_get() - read from the local socket into the driver's buffer.
 * @c: the connection
 * @room: where to
 *
 * Return: bytes, 0 if there are none; the end is noted in the connection.
 */
u32 vouch_stream_get(struct vouch_stream *c, struct vouch_slice *room);

/**
 * vouch_stream_shut() - pass the guest's half-close on to the local socket.
 * @c: the connection, with ->shut_guest set
 */
void vouch_stream_shut(struct vouch_stream *c);

#endif /* VOUCH_VSOCK_STREAM_H */
