/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The locks of maps, which code of any context takes, an NMI or a probe of what
 * holds one included.
 *
 * On each CPU one at a time is at such locks, whatever the map: who interrupts
 * it is turned away. So who waits for a lock has interrupted no holder of
 * another, and no two CPUs can wait for each other.
 */
#ifndef VOUCH_BUSY_H
#define VOUCH_BUSY_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/spinlock.h>

/* This CPU is at the locks of a map. */
DECLARE_PER_CPU(int, vouch_busy);

/**
 * vouch_busy_enter() - keep this CPU's other users of maps' locks out.
 * @flags: interrupt state for vouch_busy_leave()
 *
 * Return: 0, or -EBUSY if this CPU is inside already.
 */
static __always_inline int vouch_busy_enter(unsigned long *flags)
{
	preempt_disable();
	local_irq_save(*flags);
	if (likely(__this_cpu_inc_return(vouch_busy) == 1))
		return 0;
	__this_cpu_dec(vouch_busy);
	local_irq_restore(*flags);
	preempt_enable();
	return -EBUSY;
}

/**
 * vouch_busy_mark() - the same, for who cannot be turned away.
 * @flags: interrupt state for vouch_busy_leave()
 *
 * Only for programs that interrupt nobody who is inside: in task context or a
 * softirq, since interrupts are off there.
 */
static __always_inline void vouch_busy_mark(unsigned long *flags)
{
	preempt_disable();
	local_irq_save(*flags);
	__this_cpu_inc(vouch_busy);
}

/** vouch_busy_leave() - the reverse of either. */
static __always_inline void vouch_busy_leave(unsigned long flags)
{
	__this_cpu_dec(vouch_busy);
	local_irq_restore(flags);
	preempt_enable();
}

/**
 * vouch_busy_take() - take a lock, after vouch_busy_enter().
 * @lock: the lock
 */
static __always_inline void vouch_busy_take(raw_spinlock_t *lock)
{
	/* Lock debugging wants an NMI to try; who holds it does go on. */
	if (unlikely(in_nmi())) {
		while (!raw_spin_trylock(lock))
			cpu_relax();
	} else {
		raw_spin_lock(lock);
	}
	__release(lock); /* sparse knows no lock that is taken in two ways */
}

/** vouch_busy_drop() - the reverse of vouch_busy_take(). */
static __always_inline void vouch_busy_drop(raw_spinlock_t *lock)
{
	__acquire(lock);
	raw_spin_unlock(lock);
}

/**
 * vouch_busy_lock() - vouch_busy_enter(), and take a lock.
 * @lock: the lock
 * @flags: interrupt state for vouch_busy_unlock()
 *
 * Return: 0, or -EBUSY if this CPU is at a map's locks already.
 */
static __always_inline int vouch_busy_lock(raw_spinlock_t *lock,
					   unsigned long *flags)
{
	int err = vouch_busy_enter(flags);

	if (!err)
		vouch_busy_take(lock);
	return err;
}

/** vouch_busy_unlock() - the reverse of vouch_busy_lock(). */
static __always_inline void vouch_busy_unlock(raw_spinlock_t *lock,
					      unsigned long flags)
{
	vouch_busy_drop(lock);
	vouch_busy_leave(flags);
}

#endif /* VOUCH_BUSY_H */
