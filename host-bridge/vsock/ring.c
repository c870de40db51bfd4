// SPDX-License-Identifier: BSD-2-Clause
/*
 * A split virtqueue: chains in, used entries out.
 */
#include "ring.h"

/* The driver may write at any moment: one load, never repeated. */
#define ONCE(x) (*(const volatile __typeof__(x) *)&(x))

static void *map_area(const struct vouch_memory *mem, u64 addr, u64 len,
		      size_t align)
{
	void *p = vouch_memory_user(mem, addr, len);

	return (uintptr_t)p % align ? NULL : p;
}

int vouch_ring_map(struct vouch_ring *ring, const struct vouch_memory *mem)
{
	u64 n = ring->num, event = ring->events ? sizeof(__virtio16) : 0;

	ring->desc = map_area(mem, ring->desc_addr, n * sizeof(*ring->desc),
			      VRING_DESC_ALIGN_SIZE);
	ring->avail =
		map_area(mem, ring->avail_addr,
			 sizeof(*ring->avail) + n * sizeof(__virtio16) + event,
			 VRING_AVAIL_ALIGN_SIZE);
	ring->used =
		map_area(mem, ring->used_addr,
			 sizeof(*ring->used) +
				 n * sizeof(struct vring_used_elem) + event,
			 VRING_USED_ALIGN_SIZE);
	if (ring->desc && ring->avail && ring->used)
		return 0;
	ring->desc = NULL;
	return -EINVAL;
}

static u16 avail_idx(const struct vouch_ring *ring)
{
	return le16_to_cpu(
		__atomic_load_n(&ring->avail->idx, __ATOMIC_ACQUIRE));
}

static const char *add_part(struct vouch_chain *chain,
			    const struct vring_desc *d,
			    const struct vouch_memory *mem)
{
	u32 len = le32_to_cpu(d->len);
	void *p = vouch_memory_guest(mem, le64_to_cpu(d->addr), len);

	if (!p)
		return "a buffer is empty or not inside one memory region";
	chain->iov[chain->n++] = (struct iovec){ p, len };
	chain->total += len;
	return NULL;
}

static const char *read_chain(const struct vouch_ring *ring,
			      const struct vouch_memory *mem, bool writable,
			      struct vouch_chain *chain)
{
	const char *why;
	u16 i = chain->head, flags;

	for (;;) {
		struct vring_desc d;

		if (i >= ring->num)
			return "a descriptor index is outside the ring";
		if (chain->n >= ring->num)
			return "a chain of descriptors is a loop";
		d.addr = ONCE(ring->desc[i].addr);
		d.len = ONCE(ring->desc[i].len);
		d.flags = ONCE(ring->desc[i].flags);
		d.next = ONCE(ring->desc[i].next);
		flags = le16_to_cpu(d.flags);
		if (flags & VRING_DESC_F_INDIRECT)
			return "an indirect table, which was not offered";
		if (!!(flags & VRING_DESC_F_WRITE) != writable)
			return "a buffer of the wrong direction";
		why = add_part(chain, &d, mem);
		if (why || !(flags & VRING_DESC_F_NEXT))
			return why;
		i = le16_to_cpu(d.next);
	}
}

int vouch_ring_peek(struct vouch_ring *ring, const struct vouch_memory *mem,
		    bool writable, struct vouch_chain *chain, const char **why)
{
	u16 waiting = avail_idx(ring) - ring->next;

	if (!waiting)
		return 0;
	if (waiting > ring->num) {
		*why = "the avail index is ahead by more than the ring";
		return -EPROTO;
	}
	chain->head = le16_to_cpu(
		ONCE(ring->avail->ring[ring->next & (ring->num - 1)]));
	chain->n = 0;
	chain->total = 0;
	*why = read_chain(ring, mem, writable, chain);
	return *why ? -EPROTO : 1;
}

void vouch_ring_use(struct vouch_ring *ring, u16 head, u32 len)
{
	struct vring_used_elem *e =
		&ring->used->ring[ring->next & (ring->num - 1)];

	e->id = cpu_to_le32(head);
	e->len = cpu_to_le32(len);
	ring->next++;
	__atomic_store_n(&ring->used->idx, cpu_to_le16(ring->next),
			 __ATOMIC_RELEASE);
	ring->untold++;
}

/* The index behind which the driver kicks, after the used ring's entries. */
static __virtio16 *kick_event(const struct vouch_ring *ring)
{
	return (__virtio16 *)&ring->used->ring[ring->num];
}

/* An index that was passed is met again after 65,536 chains: a kick too many
 * then, which does no harm. */
static void ask_quiet(struct vouch_ring *ring, bool quiet)
{
	if (ring->events) {
		if (!quiet)
			__atomic_store_n(kick_event(ring),
					 cpu_to_le16(ring->next),
					 __ATOMIC_RELAXED);
	} else if (ring->quiet != quiet) {
		__atomic_store_n(
			&ring->used->flags,
			cpu_to_le16(quiet ? VRING_USED_F_NO_NOTIFY : 0),
			__ATOMIC_RELAXED);
	}
	ring->quiet = quiet;
}

bool vouch_ring_quiet(struct vouch_ring *ring, bool quiet)
{
	ask_quiet(ring, quiet);
	if (quiet)
		return false;
	/* It must be seen before the index is read again. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return avail_idx(ring) != ring->next;
}

/* Is the driver's index among the last @n used entries? */
static bool event_passed(const struct vouch_ring *ring, u32 n)
{
	u16 event = le16_to_cpu(ONCE(ring->avail->ring[ring->num]));

	return (u16)(ring->next - event - 1) < n;
}

bool vouch_ring_wants_call(struct vouch_ring *ring)
{
	u32 n = ring->untold;

	if (!n)
		return false;
	ring->untold = 0;
	ring->held = 0;
	/* The used index must be seen before the driver's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (ring->events)
		return event_passed(ring, n);
	return !(le16_to_cpu(ONCE(ring->avail->flags)) &
		 VRING_AVAIL_F_NO_INTERRUPT);
}
