/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VOUCH_KPROBE_H
#define VOUCH_KPROBE_H

#include <linux/kprobes.h>

/**
 * vouch_kprobe_running() - the probe whose program runs on this CPU.
 *
 * Called with preemption disabled. The kernel's kprobe_running() reads what is
 * not exported to modules.
 *
 * Return: the probe, that of a return probe too; NULL in a test-run.
 */
const struct kprobe *vouch_kprobe_running(void);

#endif /* VOUCH_KPROBE_H */
