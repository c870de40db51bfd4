// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals to who runs; the meaning is that of kernel/trace/bpf_trace.c.
 *
 * Where the current task's locks may be held, the signal is sent a moment
 * later, in an interrupt of this CPU: one at a time.
 */

#include <linux/irq_work.h>
#include <linux/mm_types.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#ifdef CONFIG_X86
#include <asm/processor.h>
#endif

#include "helpers/export.h"
#include "helpers/signal.h"

struct later {
	struct irq_work work;
	atomic_t taken;
	struct task_struct *task; /* held while taken */
	u32 sig;
	bool whole; /* to the process, not to the thread */
};

static DEFINE_PER_CPU(struct later, later);

/* With the permission of the kernel, as group_send_sig_info(). */
static vouch_untraced int send(struct task_struct *task, u32 sig, bool whole)
{
	int err;

	if (!sig)
		return 0; /* only asks */
	if (!whole)
		return send_sig_info(sig, SEND_SIG_PRIV, task);
	if (!valid_signal(sig))
		return -EINVAL;
	rcu_read_lock();
	err = kill_pid(task_pid(task), sig, 1);
	rcu_read_unlock();
	return err;
}

static vouch_untraced void send_later(struct irq_work *work)
{
	struct later *l = container_of(work, struct later, work);

	send(l->task, l->sig, l->whole);
	put_task_struct(l->task);
	atomic_set_release(&l->taken, 0);
}

static vouch_untraced int put_off(u32 sig, bool whole)
{
	struct later *l = this_cpu_ptr(&later);

	if (unlikely(!valid_signal(sig)))
		return -EINVAL;
	if (unlikely(atomic_cmpxchg(&l->taken, 0, 1)))
		return -EBUSY;
	l->task = get_task_struct(current);
	l->sig = sig;
	l->whole = whole;
	irq_work_queue(&l->work);
	return 0;
}

/* Not while one address space takes the other's place: nmi_uaccess_okay(). */
static vouch_untraced bool in_own_mm(void)
{
#ifdef CONFIG_X86
	return current->mm && current->mm->pgd == __va(read_cr3_pa());
#else
	return true;
#endif
}

static vouch_untraced int to_current(u32 sig, bool whole)
{
	if (unlikely(current->flags & (PF_KTHREAD | PF_EXITING) ||
		     !in_own_mm() || is_global_init(current)))
		return -EPERM;
	if (preempt_count() || irqs_disabled())
		return put_off(sig, whole);
	return send(current, sig, whole);
}

VOUCH_HELPER(send_signal)
{
	return to_current(r1, true);
}

VOUCH_HELPER(send_signal_thread)
{
	return to_current(r1, false);
}

void vouch_signal_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_irq_work(&per_cpu(later, cpu).work, send_later);
}

void vouch_signal_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu(later, cpu).work);
}
