// SPDX-License-Identifier: GPL-2.0-only

#include "maps/busy.h"
#include "maps/lock.h"

vouch_untraced long vouch_lock_copy_held(const struct vouch_map *map, void *to,
					 const void *from, atomic_t *lock)
{
	unsigned long irq;
	long err = vouch_busy_enter(&irq);

	if (err)
		return err;
	vouch_lock_copy_inside(map, to, from, lock);
	vouch_busy_leave(irq);
	return 0;
}
