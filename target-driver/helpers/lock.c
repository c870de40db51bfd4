// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock of a value, for programs: r1 its address. The verifier sees to it
 * that who took one calls nothing else and gives it back.
 */

#include "helpers/map_ops.h"
#include "maps/busy.h"
#include "maps/lock.h"

static DEFINE_PER_CPU(unsigned long, irq_flags);

VOUCH_HELPER(spin_lock)
{
	unsigned long irq;

	vouch_busy_mark(&irq);
	vouch_lock_take(vouch_map_ptr(r1));
	__this_cpu_write(irq_flags, irq);
	return 0;
}

VOUCH_HELPER(spin_unlock)
{
	unsigned long irq = __this_cpu_read(irq_flags);

	vouch_lock_drop(vouch_map_ptr(r1));
	vouch_busy_leave(irq);
	return 0;
}
