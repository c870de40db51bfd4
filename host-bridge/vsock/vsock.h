/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-vsock for guests of a host without /dev/vhost-vsock.
 *
 * One struct vouch_vsock is one VM's channel: it listens on a Unix socket to
 * which QEMU's vhost-user-vsock device connects, and joins each vsock
 * connection to a local stream socket. It runs in the caller's thread, driven
 * by the caller's epoll loop (event.h), and never blocks.
 *
 * Nothing that a guest or its QEMU does harms the process: an offence against
 * the connection state machine resets that connection, any other offence ends
 * the front end with a logged reason. The listening socket stays, so that a
 * device plugged again can connect again.
 */
#ifndef VOUCH_VSOCK_H
#define VOUCH_VSOCK_H

#include "../event.h"

/* Connections that one VM may have; a request beyond is reset. */
#define VOUCH_VSOCK_MAX_CONNS 1024u

/* Bytes that a guest may send ahead of the local reader, per connection. */
#define VOUCH_VSOCK_BUFFER (256u << 10)

/* The same where the guest's own buffer is larger than that, for so many of a
 * VM's connections at a time. */
#define VOUCH_VSOCK_LARGE_BUFFER (1u << 20)
#define VOUCH_VSOCK_MAX_LARGE 16u

struct vouch_vsock;

/**
 * struct vouch_vsock_ops - what the owner of a channel is asked and told
 * @accept: a guest dials CID 2, @port. Returns one end of a stream socket
 *	pair, or a connected stream socket, which the library then owns; or
 *	-errno, upon which the guest sees a reset
 * @gone: the front end has left or its guest was reset, and every connection
 *	has been closed. The channel waits for the next front end. May be NULL
 * @log: a line without newline; @level as in syslog(3). May be NULL
 *
 * None of them may destroy a channel.
 */
struct vouch_vsock_ops {
	int (*accept)(void *ctx, u32 guest_cid, u32 port);
	void (*gone)(void *ctx);
	void (*log)(void *ctx, int level, const char *text);
};

/**
 * vouch_vsock_create() - make a channel and listen for its front end.
 * @out: set to the channel on success
 * @epoll_fd: the caller's epoll instance; must outlive the channel
 * @guest_cid: CID of the guest, 3 to 0xfffffffe
 * @socket_path: where to listen; must exist before QEMU starts. A socket that
 *	nobody listens on any more is replaced. Created with mode 0666 less the
 *	umask: whoever may write to it may be the VM
 * @ops: callbacks; must outlive the channel
 * @ctx: handed to the callbacks
 *
 * Return: 0, -EINVAL for a reserved CID, -ENAMETOOLONG, -EADDRINUSE if
 * somebody listens there or another file has the name, or -errno.
 */
int vouch_vsock_create(struct vouch_vsock **out, int epoll_fd, u64 guest_cid,
		       const char *socket_path,
		       const struct vouch_vsock_ops *ops, void *ctx);

/**
 * vouch_vsock_connect() - connect from the host to a port of the guest.
 * @dev: the channel
 * @port: the guest's port
 * @fd: a connected stream socket to join to; the library's on success only
 *
 * Returns before the guest has answered. A refusal closes @fd; to give up
 * waiting, close the other end of it.
 *
 * Return: 0, -ENOTCONN while no guest driver is ready, -EMFILE at
 * VOUCH_VSOCK_MAX_CONNS, -ENOTSOCK or -EPROTOTYPE for an unfit @fd, or
 * -errno.
 */
int vouch_vsock_connect(struct vouch_vsock *dev, u32 port, int fd);

/**
 * vouch_vsock_dispatch() - hand one event of the epoll instance to its owner.
 * @ev: as epoll_wait() filled it
 */
static inline void vouch_vsock_dispatch(const struct epoll_event *ev)
{
	vouch_event_dispatch(ev);
}

/**
 * vouch_vsock_ready() - has a guest driver its queues running?
 * @dev: the channel
 *
 * Return: true if vouch_vsock_connect() can reach a driver.
 */
bool vouch_vsock_ready(const struct vouch_vsock *dev);

/**
 * vouch_vsock_attached() - is there a front end?
 * @dev: the channel
 *
 * Return: true while one is connected, whether or not its guest is up.
 */
bool vouch_vsock_attached(const struct vouch_vsock *dev);

/**
 * vouch_vsock_destroy() - close all connections, the front end, the socket.
 * @dev: the channel; may be NULL
 *
 * Not from a callback, and not while events of the same batch are still to
 * be dispatched. The callbacks are not called.
 */
void vouch_vsock_destroy(struct vouch_vsock *dev);

#endif /* VOUCH_VSOCK_H */
