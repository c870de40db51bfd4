/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings: where programs leave records for user space.
 *
 * As the kernel's kernel/bpf/ringbuf.c: positions in bytes that only rise, and
 * a record of 8 bytes of header and its data, both rounded up to 8 bytes. The
 * data pages are mapped twice in a row, so that no record wraps around; before
 * them lies one page that leads from a record back to its ring.
 *
 * Any context may reserve, also an NMI; a reservation that interrupts another
 * one in the same ring on the same CPU fails. User space takes records out in
 * order, one reader at a time, and waits for one that is not finished.
 */
#ifndef VOUCH_RING_H
#define VOUCH_RING_H

#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

struct page;
struct vouch_taken;

struct vouch_ring {
	u64 size; /* bytes of data, a power of two */
	raw_spinlock_t lock; /* producer, pending */
	u64 producer, pending, consumer; /* positions */
	int __percpu *busy; /* this CPU is at the lock */
	atomic64_t lost; /* reservations that failed */
	struct mutex reader;
	struct page **pages;
	u32 n_pages;
	u8 *map; /* the first page, the data, the data again */
};

/**
 * vouch_ring_size_ok() - can a ring have that size?
 * @size: bytes
 */
bool vouch_ring_size_ok(u64 size);

/**
 * vouch_ring_memory() - bytes that a ring occupies.
 * @size: bytes of data
 */
u64 vouch_ring_memory(u64 size);

/**
 * vouch_ring_init() - allocate a ring.
 * @ring: zeroed
 * @size: bytes of data, which vouch_ring_size_ok() allows
 *
 * Return: 0 or -ENOMEM; release with vouch_ring_free() in both cases.
 */
int vouch_ring_init(struct vouch_ring *ring, u64 size);

/**
 * vouch_ring_free() - free a ring that nobody uses any more.
 * @ring: the ring
 */
void vouch_ring_free(struct vouch_ring *ring);

/**
 * vouch_ring_reserve() - begin a record.
 * @ring: the ring
 * @size: bytes of its data
 *
 * Return: where its data belong, for vouch_ring_commit(), or NULL.
 */
void *vouch_ring_reserve(struct vouch_ring *ring, u64 size);

/**
 * vouch_ring_commit() - end a record.
 * @data: of vouch_ring_reserve()
 * @discard: user space shall not see it
 */
void vouch_ring_commit(void *data, bool discard);

/**
 * vouch_ring_used() - bytes between the positions of reader and writers.
 * @ring: the ring
 */
u64 vouch_ring_used(const struct vouch_ring *ring);

/**
 * vouch_ring_take() - move records out, as many as fit.
 * @ring: the ring
 * @skip: bytes at the start of each record's data that are not copied; the
 *	first eight of them are its time
 * @cpu: that the records are said to be of
 * @out: where they go; its count of lost ones is raised
 *
 * A record that an empty @out cannot hold is lost.
 */
void vouch_ring_take(struct vouch_ring *ring, u32 skip, u32 cpu,
		     struct vouch_taken *out);

#endif /* VOUCH_RING_H */
