/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The locks that values of arrays and hash maps may have (struct
 * bpf_spin_lock). A program takes one for some instructions that call nothing,
 * an update or a look-up with BPF_F_LOCK for one copy; interrupts are off
 * meanwhile, and this CPU is at the locks of a map (maps/busy.h).
 *
 * A value is copied without its lock, which belongs to the place, not to the
 * value.
 */
#ifndef VOUCH_LOCK_H
#define VOUCH_LOCK_H

#include <linux/atomic.h>
#include <linux/string.h>

#include "maps/map.h"

/* Neither what nor how the kernel's own lock is: nobody else looks at it. */
static __always_inline void vouch_lock_take(atomic_t *lock)
{
	while (atomic_cmpxchg_acquire(lock, 0, 1))
		atomic_cond_read_relaxed(lock, !VAL);
}

static __always_inline void vouch_lock_drop(atomic_t *lock)
{
	atomic_set_release(lock, 0);
}

static __always_inline bool vouch_lock_has(const struct vouch_map *map)
{
	return map->def.flags & VOUCH_MAP_LOCK;
}

static __always_inline atomic_t *vouch_lock_of(const struct vouch_map *map,
					       void *value)
{
	return value + map->def.extra;
}

/**
 * vouch_lock_copy() - copy a value, and leave its lock alone.
 * @map: whose value it is
 * @to: a value
 * @from: another
 */
static __always_inline void vouch_lock_copy(const struct vouch_map *map,
					    void *to, const void *from)
{
	u32 len = map->def.value_size, end = map->def.extra + VOUCH_LOCK_LEN;

	if (likely(!vouch_lock_has(map))) {
		memcpy(to, from, len);
		return;
	}
	memcpy(to, from, map->def.extra);
	memcpy(to + end, from + end, len - end);
}

/**
 * vouch_lock_copy_inside() - the same, under a value's lock.
 * @map: a map whose values have locks
 * @to: a value
 * @from: another
 * @lock: that of the one which is in the map
 *
 * Only after vouch_busy_enter().
 */
static __always_inline void vouch_lock_copy_inside(const struct vouch_map *map,
						   void *to, const void *from,
						   atomic_t *lock)
{
	vouch_lock_take(lock);
	vouch_lock_copy(map, to, from);
	vouch_lock_drop(lock);
}

/**
 * vouch_lock_copy_held() - vouch_busy_enter(), and vouch_lock_copy_inside().
 * @map: a map whose values have locks
 * @to: a value
 * @from: another
 * @lock: that of the one which is in the map
 *
 * Return: 0, or -EBUSY if this CPU is at a map's locks already.
 */
long vouch_lock_copy_held(const struct vouch_map *map, void *to,
			  const void *from, atomic_t *lock);

#endif /* VOUCH_LOCK_H */
