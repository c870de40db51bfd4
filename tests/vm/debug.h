/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests in a VM ask of a debug kernel. Whether they run on one, the
 * kernel's command line says (vouch_debug=1), so that an option that got lost
 * is a failure and not a test that was left out.
 */
#ifndef DEBUG_H
#define DEBUG_H

#include <stdbool.h>

/* Are these tests on a debug kernel? */
bool vouch_debug_wanted(void);

/*
 * Mount debugfs, with the leak detector's file.
 *
 * Return: false if the kernel has no leak detector.
 */
bool vouch_debug_start(void);

/* Has the kernel lock debugging, whether on or off by now? */
bool vouch_debug_has_locks(void);

/*
 * Has nothing turned lock debugging off? The first report of a lock does, and
 * so does a module without a GPL-compatible licence.
 */
bool vouch_debug_locks(void);

/*
 * Look for memory to which nothing points, twice; show it on the console.
 *
 * Return: how many pieces, whoever allocated them; -1 if that is unknown.
 */
int vouch_debug_leaks(void);

/* Bits of vouch_debug_taint(). */
#define VOUCH_TAINT_PROPRIETARY (1u << 0)
#define VOUCH_TAINT_WARNED (1u << 9)
#define VOUCH_TAINT_REPORTED (1u << 5 | 1u << 7 | VOUCH_TAINT_WARNED)

/* What the kernel has noted of itself: /proc/sys/kernel/tainted. */
unsigned int vouch_debug_taint(void);

/* One system call, with all that must happen before and behind it. */
struct vouch_fault {
	const char *name;
	bool (*prepare)(void); /* before each call; may be NULL */
	int (*act)(void); /* the call: 0 or more, or -errno */
	bool (*undo)(void); /* behind each that succeeded; may be NULL */
	bool (*unchanged)(void); /* behind each that failed; may be NULL */
	int other; /* an errno, beside ENOMEM and EFAULT, that is clean */
};

/*
 * Let the n-th allocation, or copy from and to user space, of a call fail,
 * for each @step-th n from 1 until the call has no n-th one. Each must end in a
 * success or a clean errno, leave nothing behind, and not hinder the next call.
 *
 * Return: how many calls failed, or -1 after telling on the console what went
 * wrong.
 */
int vouch_debug_fail(const struct vouch_fault *f, unsigned int step);

/* The same, until @enough says so behind a fault, or until the end. */
int vouch_debug_fail_until(const struct vouch_fault *f, unsigned int step,
			   bool (*enough)(void));

#endif /* DEBUG_H */
