/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lock that code of any context can take, an NMI or a probe of what holds it
 * included: who would wait for its own CPU is turned away.
 */
#ifndef VOUCH_BUSY_H
#define VOUCH_BUSY_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

/**
 * vouch_busy_enter() - keep this CPU's other users out.
 * @busy: one count for each CPU
 * @flags: interrupt state for vouch_busy_leave()
 *
 * Return: 0, or -EBUSY if this CPU is inside already.
 */
static __always_inline int vouch_busy_enter(int __percpu *busy,
					    unsigned long *flags)
{
	preempt_disable();
	local_irq_save(*flags);
	if (likely(__this_cpu_inc_return(*busy) == 1))
		return 0;
	__this_cpu_dec(*busy);
	local_irq_restore(*flags);
	preempt_enable();
	return -EBUSY;
}

/** vouch_busy_leave() - the reverse of vouch_busy_enter(). */
static __always_inline void vouch_busy_leave(int __percpu *busy,
					     unsigned long flags)
{
	__this_cpu_dec(*busy);
	local_irq_restore(flags);
	preempt_enable();
}

/**
 * vouch_busy_lock() - vouch_busy_enter(), and take a lock.
 * @busy: one count for each CPU
 * @lock: the lock
 * @flags: interrupt state for vouch_busy_unlock()
 *
 * Return: 0, or -EBUSY if this CPU holds it already.
 */
static __always_inline int
vouch_busy_lock(int __percpu *busy, raw_spinlock_t *lock, unsigned long *flags)
{
	if (vouch_busy_enter(busy, flags))
		return -EBUSY;
	raw_spin_lock(lock);
	__release(lock); /* sparse knows no lock that may be refused */
	return 0;
}

/** vouch_busy_unlock() - the reverse of vouch_busy_lock(). */
static __always_inline void
vouch_busy_unlock(int __percpu *busy, raw_spinlock_t *lock, unsigned long flags)
{
	__acquire(lock);
	raw_spin_unlock(lock);
	vouch_busy_leave(busy, flags);
}

#endif /* VOUCH_BUSY_H */
