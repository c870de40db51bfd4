/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue, seen from the device.
 *
 * The driver is the enemy: every descriptor is read once into a chain, which
 * is checked whole before anything of it is used. Chains are used in the
 * order in which they came, so one index serves both sides.
 *
 * Who is to be told of what is said by flags, or with VIRTIO_RING_F_EVENT_IDX
 * by an index: whoever reaches it tells the other. The driver's index is never
 * used but to compare it.
 */
#ifndef VOUCH_VSOCK_RING_H
#define VOUCH_VSOCK_RING_H

#include <linux/virtio_ring.h>
#include <sys/uio.h>

#include "memory.h"

#define VOUCH_RING_MAX 1024u

/* In ->untold: more than any index of the driver can be ahead of. */
#define VOUCH_RING_UNTOLD_ALL 0x10000u

/* One buffer of the driver: its descriptors, all readable or all writable. */
struct vouch_chain {
	u16 head;
	u32 n;
	u64 total; /* bytes */
	struct iovec iov[VOUCH_RING_MAX];
};

struct vouch_ring {
	u32 num;
	u16 next; /* of the avail and used ring alike */
	bool events; /* VIRTIO_RING_F_EVENT_IDX; before the ring is mapped */
	bool quiet; /* the driver need not kick */
	u32 untold; /* used entries that the driver was not told of */
	u64 held; /* bytes in them, which the driver cannot use again */
	u64 desc_addr, avail_addr, used_addr; /* front-end addresses */
	struct vring_desc *desc; /* NULL: not mapped */
	struct vring_avail *avail;
	struct vring_used *used;
};

/**
 * vouch_ring_map() - find the three areas of a ring in memory.
 * @ring: the ring; unmapped on error
 * @mem: guest memory
 *
 * Return: 0, or -EINVAL if an area is misaligned or not inside one region.
 */
int vouch_ring_map(struct vouch_ring *ring, const struct vouch_memory *mem);

/**
 * vouch_ring_peek() - read the next chain without taking it.
 * @ring: a mapped ring
 * @mem: guest memory
 * @writable: whether the descriptors must be for the device to write, or read
 * @chain: filled if there is one
 * @why: set to a constant text on error
 *
 * Return: 1 if there is a chain, 0 if not, -EPROTO with @why.
 */
int vouch_ring_peek(struct vouch_ring *ring, const struct vouch_memory *mem,
		    bool writable, struct vouch_chain *chain, const char **why);

/**
 * vouch_ring_use() - take the chain last peeked and give it back used.
 * @ring: the ring
 * @head: the chain's head
 * @len: bytes written into it
 */
void vouch_ring_use(struct vouch_ring *ring, u16 head, u32 len);

/**
 * vouch_ring_quiet() - tell the driver whether it must kick.
 * @ring: a mapped ring
 * @quiet: true if it need not
 *
 * Return: true if chains wait although the driver will kick only for more.
 */
bool vouch_ring_quiet(struct vouch_ring *ring, bool quiet);

/**
 * vouch_ring_wants_call() - must the driver be told of used chains?
 * @ring: a mapped ring
 *
 * Return: true if chains were used since the last call and the driver has
 * not asked for silence.
 */
bool vouch_ring_wants_call(struct vouch_ring *ring);

#endif /* VOUCH_VSOCK_RING_H */
