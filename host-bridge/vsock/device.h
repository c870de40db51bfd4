/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device: what device.c and mux.c share.
 */
#ifndef VOUCH_VSOCK_DEVICE_H
#define VOUCH_VSOCK_DEVICE_H

#include "listen.h"
#include "stream.h"
#include "vhost.h"

/* Packets in a row, each way, before others have their turn. */
#define VOUCH_DEVICE_BATCH 128

/* Resets that wait for a buffer of the driver. At the first number the device
 * takes nothing more from the guest; connections that end on the host's side
 * have the rest. */
#define VOUCH_DEVICE_STRAYS_STOP 1024u
#define VOUCH_DEVICE_STRAYS_MAX \
	(VOUCH_DEVICE_STRAYS_STOP + VOUCH_VSOCK_MAX_CONNS)

/* A reset for a connection that is not in the table. */
struct vouch_device_stray {
	u64 host_cid;
	u32 host_port, guest_port;
	u16 type;
};

struct vouch_vsock {
	struct vouch_vhost vhost;
	struct vouch_stream_table table;
	const struct vouch_vsock_ops *ops;
	void *ctx;
	int epoll_fd, listen_fd, wake_fd;
	struct vouch_event listen_event, wake_event;
	u64 guest_cid;
	u32 next_port;
	bool busy; /* in run(), which is not to be entered again */
	bool stalled; /* too many resets wait to take from the guest */
	bool used; /* the guest has been heard since it began */
	struct vouch_device_stray strays[VOUCH_DEVICE_STRAYS_MAX];
	u32 stray_off, n_strays;
	struct vouch_chain chain;
	struct vouch_slice slice;
	char path[VOUCH_LISTEN_PATH];
};

/**
 * vouch_device_say() - log a line.
 * @dev: the device
 * @level: as in syslog(3)
 * @format: as for printf()
 */
void vouch_device_say(struct vouch_vsock *dev, int level, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));

/**
 * vouch_device_wake() - have the device run again after this batch of events.
 * @dev: the device
 */
void vouch_device_wake(struct vouch_vsock *dev);

/**
 * vouch_device_reset() - have the guest told of a reset.
 * @dev: the device
 * @s: for which connection; copied
 */
void vouch_device_reset(struct vouch_vsock *dev,
			const struct vouch_device_stray *s);

/**
 * vouch_device_move() - move packets, both ways, as many as may be.
 * @dev: a device whose rings are running
 *
 * Return: 0, or -EPROTO with ->vhost.why.
 */
int vouch_device_move(struct vouch_vsock *dev);

#endif /* VOUCH_VSOCK_DEVICE_H */
