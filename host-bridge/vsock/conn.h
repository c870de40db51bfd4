/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vsock connection and the local stream socket that it is joined to.
 *
 * A connection is known by its two ports. It knows neither rings nor the
 * front end: packets of the guest are handed to it, and it is asked for
 * packets for the guest while it is in its table's ready list.
 *
 * Towards the local socket nothing is buffered but what the socket does not
 * take at once, at most VOUCH_VSOCK_BUFFER bytes, which is the credit that the
 * guest has. Towards the guest nothing is buffered at all: bytes go from the
 * socket into the driver's buffer, as far as the guest gives credit.
 */
#ifndef VOUCH_VSOCK_CONN_H
#define VOUCH_VSOCK_CONN_H

#include <sys/queue.h>

#include "packet.h"
#include "vsock.h"

#define VOUCH_CONN_BUCKETS 1024u

enum vouch_conn_state {
	VOUCH_CONN_DIALLING, /* the host asks, the guest has not answered */
	VOUCH_CONN_ACCEPTED, /* the guest asked, it is not answered yet */
	VOUCH_CONN_OPEN,
	VOUCH_CONN_DRAINING, /* over for the guest; its last bytes go out */
	VOUCH_CONN_DEAD,     /* closed, to be freed */
};

/* What the guest is to be told besides data and SHUTDOWN. */
#define VOUCH_CONN_SEND_REQUEST (1u << 0)
#define VOUCH_CONN_SEND_RESPONSE (1u << 1)
#define VOUCH_CONN_SEND_CREDIT (1u << 2)

struct vouch_conn_table;

struct vouch_conn {
	struct vouch_event event;
	struct vouch_conn_table *table;
	LIST_ENTRY(vouch_conn) bucket; /* draining: of ->draining */
	TAILQ_ENTRY(vouch_conn) ready; /* dead: of ->dead */
	enum vouch_conn_state state;
	u32 host_port, guest_port;
	int fd; /* -1: nobody there any more */
	u32 watched; /* events asked of epoll */

	bool queued;   /* in the ready list */
	bool readable; /* the socket may have data */
	bool muted;    /* not watched for data, since readable is known */
	bool read_end; /* nothing more to read from the socket */
	bool write_end; /* nothing can be written to the socket */
	bool hung_up;	/* the peer of the socket is no more */

	u32 send;		   /* VOUCH_CONN_SEND_* */
	u32 shut_want, shut_sent;  /* VIRTIO_VSOCK_SHUTDOWN_* by the host */
	u32 shut_guest;		   /* and by the guest */
	u32 rx_cnt, fwd_cnt, last_fwd; /* bytes from the guest */
	u32 tx_cnt, peer_alloc, peer_fwd; /* bytes to the guest */

	u8 *buf; /* ring of VOUCH_VSOCK_BUFFER bytes; NULL until needed */
	u32 buf_off, buf_len;
};

LIST_HEAD(vouch_conn_list, vouch_conn);
TAILQ_HEAD(vouch_conn_queue, vouch_conn);

struct vouch_conn_table_ops {
	/* a connection has entered the ready list, or freed the guest's way */
	void (*run)(struct vouch_conn_table *t);
	/* the guest is to be told that the connection is no more */
	void (*reset)(struct vouch_conn_table *t, u32 host_port,
		      u32 guest_port);
	/* vouch_conn_table_reap() is due after this batch of events */
	void (*reap)(struct vouch_conn_table *t);
};

struct vouch_conn_table {
	const struct vouch_conn_table_ops *ops;
	int epoll_fd;
	u32 n; /* all but the dead */
	u32 seed;
	struct vouch_conn_list buckets[VOUCH_CONN_BUCKETS];
	struct vouch_conn_list draining;
	struct vouch_conn_queue ready;
	struct vouch_conn_queue dead[2]; /* of this round, of the one before */
};

/* table.c: where connections are kept. */

/**
 * vouch_conn_table_init() - an empty table.
 * @t: the table
 * @epoll_fd: the caller's epoll instance
 * @ops: callbacks
 */
void vouch_conn_table_init(struct vouch_conn_table *t, int epoll_fd,
			   const struct vouch_conn_table_ops *ops);

/**
 * vouch_conn_find() - look a connection up.
 * @t: the table
 * @host_port: port on the host's side
 * @guest_port: port on the guest's side
 *
 * Return: the connection, or NULL.
 */
struct vouch_conn *vouch_conn_find(struct vouch_conn_table *t, u32 host_port,
				   u32 guest_port);

/**
 * vouch_conn_new() - make a connection and put it into the table.
 * @t: the table
 * @conn: set on success
 * @host_port: port on the host's side
 * @guest_port: port on the guest's side; the pair is not in the table
 * @fd: a connected stream socket; taken over on success
 * @state: VOUCH_CONN_DIALLING or VOUCH_CONN_ACCEPTED
 *
 * Return: 0, -EMFILE if the table is full, -ENOTSOCK or -EPROTOTYPE for an
 * unfit @fd, or -errno.
 */
int vouch_conn_new(struct vouch_conn_table *t, struct vouch_conn **conn,
		   u32 host_port, u32 guest_port, int fd,
		   enum vouch_conn_state state);

/**
 * vouch_conn_ready() - put a connection into the ready list.
 * @c: the connection; not draining and not dead
 */
void vouch_conn_ready(struct vouch_conn *c);

/**
 * vouch_conn_unready() - take a connection out of the ready list.
 * @c: the connection
 */
void vouch_conn_unready(struct vouch_conn *c);

/**
 * vouch_conn_unlist() - take a connection out of sight of the guest.
 * @c: the connection; its ports are free again, it drains
 */
void vouch_conn_unlist(struct vouch_conn *c);

/**
 * vouch_conn_close() - end a connection at once.
 * @c: the connection; freed after the batch of events
 */
void vouch_conn_close(struct vouch_conn *c);

/**
 * vouch_conn_table_clear() - end all connections of the table.
 * @t: the table
 */
void vouch_conn_table_clear(struct vouch_conn_table *t);

/**
 * vouch_conn_table_reap() - free what died before the last call.
 * @t: the table
 *
 * Return: true if another call is due.
 */
bool vouch_conn_table_reap(struct vouch_conn_table *t);

/* conn.c: the guest's side. */

/**
 * vouch_conn_receive() - take a packet of the guest.
 * @c: the connection that it belongs to; may be dead afterwards
 * @pkt: the header
 * @payload: ->len bytes; consumed
 */
void vouch_conn_receive(struct vouch_conn *c, const struct vouch_packet *pkt,
			struct vouch_slice *payload);

/**
 * vouch_conn_fill() - make the next packet for the guest.
 * @c: a connection taken from the ready list
 * @pkt: type, op, flags, length, ports and credit are filled in
 * @room: where payload may go
 *
 * Return: true if there is a packet.
 */
bool vouch_conn_fill(struct vouch_conn *c, struct vouch_packet *pkt,
		     struct vouch_slice *room);

/**
 * vouch_conn_wants() - has a connection something for the guest?
 * @c: the connection
 *
 * Return: true if it belongs into the ready list.
 */
bool vouch_conn_wants(const struct vouch_conn *c);

/**
 * vouch_conn_is_over() - has the host closed both directions?
 * @c: the connection
 *
 * Return: true if only the guest's reset is missing. A guest that forgets the
 * connection before it says so may use the ports again.
 */
bool vouch_conn_is_over(const struct vouch_conn *c);

/**
 * vouch_conn_credit() - how much does the guest take?
 * @c: the connection
 *
 * Return: bytes.
 */
u32 vouch_conn_credit(const struct vouch_conn *c);

/**
 * vouch_conn_forwarded() - count bytes of the guest as done with.
 * @c: the connection
 * @len: bytes
 */
void vouch_conn_forwarded(struct vouch_conn *c, u32 len);

/* splice.c: the local socket's side. */

/**
 * vouch_conn_handle() - events of the local socket.
 * @ev: the connection's event
 * @events: EPOLL* bits
 */
void vouch_conn_handle(struct vouch_event *ev, u32 events);

/**
 * vouch_conn_watch() - ask epoll for what the connection waits for.
 * @c: the connection
 */
void vouch_conn_watch(struct vouch_conn *c);

/**
 * vouch_conn_put() - hand bytes of the guest to the local socket.
 * @c: the connection
 * @payload: consumed
 * @len: its bytes, within the guest's credit
 *
 * Return: 0, or -ENOMEM.
 */
int vouch_conn_put(struct vouch_conn *c, struct vouch_slice *payload, u32 len);

/**
 * vouch_conn_get() - read from the local socket into the driver's buffer.
 * @c: the connection
 * @room: where to
 *
 * Return: bytes, 0 if there are none; the end is noted in the connection.
 */
u32 vouch_conn_get(struct vouch_conn *c, struct vouch_slice *room);

/**
 * vouch_conn_shut() - pass the guest's half-close on to the local socket.
 * @c: the connection, with ->shut_guest set
 */
void vouch_conn_shut(struct vouch_conn *c);

#endif /* VOUCH_VSOCK_CONN_H */
