/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vhost-user protocol, as much as a vsock device needs of it.
 *
 * Serves one front end at a time: features, the configuration space, guest
 * memory and two rings. Knows nothing of vsock but the guest's CID.
 */
#ifndef VOUCH_VSOCK_VHOST_H
#define VOUCH_VSOCK_VHOST_H

#include "../event.h"
#include "ring.h"

#define VOUCH_VHOST_MAX_FDS VOUCH_MEMORY_REGIONS

enum vouch_vhost_ring_index {
	VOUCH_RING_RX = 0, /* to the guest */
	VOUCH_RING_TX = 1, /* from the guest */
	VOUCH_RING_COUNT = 2,
};

struct vouch_vhost;

struct vouch_vhost_ops {
	/* rings may have work; called last, so it may close the front end */
	void (*run)(struct vouch_vhost *vh);
	/* the guest has begun anew with empty rings */
	void (*reset)(struct vouch_vhost *vh);
	/* the front end cannot go on, see ->why; must close it */
	void (*ended)(struct vouch_vhost *vh, int err);
};

struct vouch_vhost_ring {
	struct vouch_event event; /* of the kick */
	struct vouch_vhost *vh;
	struct vouch_ring ring;
	int kick_fd, call_fd; /* -1: none */
	bool enabled;
};

struct vouch_vhost_head {
	u32 request, flags, size;
};

struct vouch_vhost_state {
	u32 index, num;
};

struct vouch_vhost_addr {
	u32 index, flags;
	u64 desc, used, avail, log;
};

struct vouch_vhost_table {
	u32 n, padding;
	struct vouch_memory_entry entries[VOUCH_MEMORY_REGIONS];
};

struct vouch_vhost_config {
	u32 offset, size, flags;
	u8 bytes[256];
};

union vouch_vhost_payload {
	u64 value;
	struct vouch_vhost_state state;
	struct vouch_vhost_addr addr;
	struct vouch_vhost_table table;
	struct vouch_vhost_config config;
};

struct vouch_vhost {
	struct vouch_event event; /* of the front end's socket */
	const struct vouch_vhost_ops *ops;
	struct vouch_event late_event; /* of late_fd */
	int epoll_fd;
	int fd; /* -1: no front end */
	int late_fd; /* timer; -1: none, and sent packets are told of at once */
	bool late; /* it runs */
	u64 guest_cid;
	u64 features, protocol_features;
	struct vouch_memory memory;
	struct vouch_vhost_ring rings[VOUCH_RING_COUNT];
	/* The message being received. */
	u32 have; /* bytes of head and payload */
	struct vouch_vhost_head head;
	union vouch_vhost_payload payload;
	u32 reply_len; /* bytes of payload that answer it */
	int fds[VOUCH_VHOST_MAX_FDS];
	u32 n_fds;
	char why[200];
};

/**
 * vouch_vhost_init() - prepare; there is no front end yet.
 * @vh: the state
 * @epoll_fd: the caller's epoll instance
 * @guest_cid: what the configuration space says
 * @ops: callbacks
 */
void vouch_vhost_init(struct vouch_vhost *vh, int epoll_fd, u64 guest_cid,
		      const struct vouch_vhost_ops *ops);

/**
 * vouch_vhost_set_timer() - let the driver be told late of what it sent.
 * @vh: the state, without a front end
 * @fd: a timerfd, non-blocking; taken over on success
 *
 * A driver need not know at once that a packet has been taken: it does when
 * a quarter of its ring is used up, or after some milliseconds. That spares it
 * an interrupt for each packet.
 *
 * Return: 0 or -errno.
 */
int vouch_vhost_set_timer(struct vouch_vhost *vh, int fd);

/**
 * vouch_vhost_open() - begin with a front end.
 * @vh: the state, without a front end
 * @fd: its connected socket, non-blocking; taken over on success
 *
 * Return: 0 or -errno.
 */
int vouch_vhost_open(struct vouch_vhost *vh, int fd);

/**
 * vouch_vhost_close() - drop the front end with its rings and memory.
 * @vh: the state
 */
void vouch_vhost_close(struct vouch_vhost *vh);

/**
 * vouch_vhost_fail() - note why the front end cannot go on.
 * @vh: the state
 * @err: what to return
 * @format: the reason, as for printf()
 *
 * Return: @err.
 */
int vouch_vhost_fail(struct vouch_vhost *vh, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * vouch_vhost_running() - may the rings be used?
 * @vh: the state
 *
 * Return: true if both rings are started and enabled.
 */
bool vouch_vhost_running(const struct vouch_vhost *vh);

/**
 * vouch_vhost_call() - interrupt the driver where it is due.
 * @vh: the state
 */
void vouch_vhost_call(struct vouch_vhost *vh);

#endif /* VOUCH_VSOCK_VHOST_H */
