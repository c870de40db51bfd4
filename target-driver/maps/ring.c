// SPDX-License-Identifier: GPL-2.0-only

#include <linux/atomic.h>
#include <linux/bpf.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "maps/output.h"
#include "maps/ring.h"

#define MAX_RECORD (UINT_MAX / 4)
/* As the kernel's, whose headers count pages in 24 bits. */
#define MAX_SIZE (((1ull << 24) - 4) * PAGE_SIZE)

struct header {
	u32 len; /* BPF_RINGBUF_BUSY_BIT, _DISCARD_BIT, bytes of data */
	u32 page; /* of the header, counted from the first page */
};

/* The first page. */
struct front {
	struct vouch_ring *ring;
};

bool vouch_ring_size_ok(u64 size)
{
	return is_power_of_2(size) && PAGE_ALIGNED(size) && size <= MAX_SIZE;
}

u64 vouch_ring_memory(u64 size)
{
	return size + PAGE_SIZE;
}

static vouch_untraced u64 record_len(u32 len)
{
	return round_up((u64)(len & ~BPF_RINGBUF_DISCARD_BIT) +
				sizeof(struct header),
			8);
}

static vouch_untraced struct header *header_at(const struct vouch_ring *ring,
					       u64 position)
{
	return (void *)(ring->map + PAGE_SIZE + (position & (ring->size - 1)));
}

static int get_pages(struct vouch_ring *ring)
{
	u32 n = ring->size >> PAGE_SHIFT, i;

	ring->pages = kvcalloc(1 + 2 * n, sizeof(*ring->pages), GFP_KERNEL);
	if (!ring->pages)
		return -ENOMEM;
	for (i = 0; i < 1 + n; i++) {
		struct page *page =
			alloc_page(GFP_KERNEL | __GFP_ZERO |
				   __GFP_RETRY_MAYFAIL | __GFP_NOWARN);

		if (!page)
			return -ENOMEM;
		ring->pages[ring->n_pages++] = page;
		if (i)
			ring->pages[n + i] = page;
		cond_resched();
	}
	return 0;
}

int vouch_ring_init(struct vouch_ring *ring, u64 size)
{
	int err;

	ring->size = size;
	raw_spin_lock_init(&ring->lock);
	mutex_init(&ring->reader);
	ring->busy = alloc_percpu(int);
	if (!ring->busy)
		return -ENOMEM;
	err = get_pages(ring);
	if (err)
		return err;
	ring->map = vmap(ring->pages, 1 + 2 * (size >> PAGE_SHIFT), VM_MAP,
			 PAGE_KERNEL);
	if (!ring->map)
		return -ENOMEM;
	((struct front *)ring->map)->ring = ring;
	return 0;
}

void vouch_ring_free(struct vouch_ring *ring)
{
	u32 i;

	vunmap(ring->map);
	for (i = 0; i < ring->n_pages; i++)
		__free_page(ring->pages[i]);
	kvfree(ring->pages);
	free_percpu(ring->busy);
	memset(ring, 0, sizeof(*ring));
}

/* Past the records that are finished, from the first that was not. */
static vouch_untraced u64 skip_finished(const struct vouch_ring *ring)
{
	u64 pending = ring->pending;

	while (pending != ring->producer) {
		u32 len = READ_ONCE(header_at(ring, pending)->len);

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		pending += record_len(len);
	}
	return pending;
}

/* A record that is not finished must not be overtaken either. */
static vouch_untraced struct header *place(struct vouch_ring *ring, u64 size,
					   u64 consumer)
{
	u64 end = ring->producer + record_len(size);
	struct header *h;

	ring->pending = skip_finished(ring);
	if (end - consumer >= ring->size || end - ring->pending >= ring->size)
		return NULL;
	h = header_at(ring, ring->producer);
	h->len = size | BPF_RINGBUF_BUSY_BIT;
	h->page = ((u8 *)h - ring->map) >> PAGE_SHIFT;
	/* The reader sees a header before the position behind it. */
	smp_store_release(&ring->producer, end);
	return h;
}

static vouch_untraced struct header *place_locked(struct vouch_ring *ring,
						  u64 size)
{
	/* What the reader has taken may be written over. */
	u64 consumer = smp_load_acquire(&ring->consumer);
	struct header *h = NULL;
	unsigned long flags;

	if (in_nmi()) {
		if (!raw_spin_trylock_irqsave(&ring->lock, flags))
			return NULL;
	} else {
		raw_spin_lock_irqsave(&ring->lock, flags);
	}
	h = place(ring, size, consumer);
	raw_spin_unlock_irqrestore(&ring->lock, flags);
	return h;
}

vouch_untraced void *vouch_ring_reserve(struct vouch_ring *ring, u64 size)
{
	struct header *h = NULL;

	preempt_disable();
	if (size <= MAX_RECORD && record_len(size) <= ring->size &&
	    likely(this_cpu_inc_return(*ring->busy) == 1))
		h = place_locked(ring, size);
	if (size <= MAX_RECORD && record_len(size) <= ring->size)
		this_cpu_dec(*ring->busy);
	preempt_enable();
	if (unlikely(!h)) {
		atomic64_inc(&ring->lost);
		return NULL;
	}
	return h + 1;
}

vouch_untraced void vouch_ring_commit(void *data, bool discard)
{
	struct header *h = (struct header *)data - 1;
	u32 len = h->len & ~BPF_RINGBUF_BUSY_BIT;

	if (discard)
		len |= BPF_RINGBUF_DISCARD_BIT;
	xchg(&h->len, len); /* after all that was written to the record */
}

vouch_untraced u64 vouch_ring_used(const struct vouch_ring *ring)
{
	/* In this order, or more could be used than there is. */
	u64 consumer = smp_load_acquire(&ring->consumer);

	/* pairs with place() */
	return smp_load_acquire(&ring->producer) - consumer;
}

/* Copies one record; false if there is no room. */
static bool copy_record(const struct header *h, u32 len, u32 skip, u32 cpu,
			struct vouch_taken *out)
{
	const u8 *data = (const u8 *)(h + 1);
	u64 time = 0;

	if (skip)
		memcpy(&time, data, sizeof(time));
	return vouch_taken_add(out, cpu, time, data + skip, len - skip);
}

void vouch_ring_take(struct vouch_ring *ring, u32 skip, u32 cpu,
		     struct vouch_taken *out)
{
	u64 at, end;

	mutex_lock(&ring->reader);
	at = ring->consumer;
	end = smp_load_acquire(&ring->producer); /* pairs with place() */
	while (at != end) {
		const struct header *h = header_at(ring, at);
		/* pairs with vouch_ring_commit(): the data come first */
		u32 len = smp_load_acquire(&h->len);

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(len & BPF_RINGBUF_DISCARD_BIT) &&
		    !copy_record(h, len, skip, cpu, out)) {
			if (out->used) {
				out->more = true;
				break;
			}
			atomic64_inc(&ring->lost); /* larger than @out */
		}
		at += record_len(len);
		/* pairs with place_locked(): the record was copied before */
		smp_store_release(&ring->consumer, at);
		cond_resched();
	}
	mutex_unlock(&ring->reader);
	out->lost += atomic64_read(&ring->lost);
}
