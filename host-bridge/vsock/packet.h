/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vsock packets: a header and its payload in a chain of descriptors.
 */
#ifndef VOUCH_VSOCK_PACKET_H
#define VOUCH_VSOCK_PACKET_H

#include <linux/virtio_vsock.h>

#include "ring.h"

#define VOUCH_PACKET_HEAD ((u32)sizeof(struct virtio_vsock_hdr))
#define VOUCH_PACKET_MAX (64u << 10) /* bytes of payload */
#define VOUCH_CID_HOST 2u

/* A header in the host's byte order. */
struct vouch_packet {
	u64 src_cid, dst_cid;
	u32 src_port, dst_port;
	u32 len;
	u16 type, op;
	u32 flags;
	u32 buf_alloc, fwd_cnt;
};

/* A part of a chain; may be changed by whoever consumes it. */
struct vouch_slice {
	u32 n;
	struct iovec iov[VOUCH_RING_MAX];
};

/**
 * vouch_packet_read() - copy the header out of a chain, once.
 * @chain: a readable chain
 * @pkt: the header, in host order
 * @why: set to a constant text on error
 *
 * Return: 0, or -EPROTO with @why if the chain holds no whole packet.
 */
int vouch_packet_read(const struct vouch_chain *chain, struct vouch_packet *pkt,
		      const char **why);

/**
 * vouch_packet_write() - write a header to the start of a chain.
 * @chain: a writable chain of at least VOUCH_PACKET_HEAD bytes
 * @pkt: the header
 */
void vouch_packet_write(const struct vouch_chain *chain,
			const struct vouch_packet *pkt);

/**
 * vouch_packet_payload() - the part of a chain behind the header.
 * @chain: the chain, of at least VOUCH_PACKET_HEAD + @len bytes
 * @len: bytes of payload
 * @slice: filled
 */
void vouch_packet_payload(const struct vouch_chain *chain, u32 len,
			  struct vouch_slice *slice);

/**
 * vouch_slice_skip() - drop bytes from the front of a slice.
 * @slice: the slice
 * @len: bytes, at most what it holds
 */
void vouch_slice_skip(struct vouch_slice *slice, u32 len);

/**
 * vouch_slice_copy() - copy the first bytes of a slice and drop them.
 * @slice: the slice
 * @to: where to
 * @len: bytes, at most what it holds
 */
void vouch_slice_copy(struct vouch_slice *slice, u8 *to, u32 len);

#endif /* VOUCH_VSOCK_PACKET_H */
