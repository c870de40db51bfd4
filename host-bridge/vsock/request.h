/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests of a vhost-user front end, one function each.
 */
#ifndef VOUCH_VSOCK_REQUEST_H
#define VOUCH_VSOCK_REQUEST_H

#include "vhost.h"

/* Protocol features, as bits. QEMU needs CONFIG for a vsock device. */
#define VOUCH_VHOST_REPLY_ACK (1ull << 3)
#define VOUCH_VHOST_CONFIG (1ull << 9)

/**
 * vouch_vhost_request_serve() - do what a whole message asks for.
 * @vh: the state; ->head, ->payload and ->fds hold the message
 *
 * Files that are kept are replaced by -1 in ->fds. An answer is put into
 * ->payload and its length into ->reply_len.
 *
 * Return: 0, or -EPROTO with ->why.
 */
int vouch_vhost_request_serve(struct vouch_vhost *vh);

/**
 * vouch_vhost_ring_forget() - stop a ring and forget all about it.
 * @vh: the state
 * @r: the ring
 */
void vouch_vhost_ring_forget(struct vouch_vhost *vh,
			     struct vouch_vhost_ring *r);

#endif /* VOUCH_VSOCK_REQUEST_H */
