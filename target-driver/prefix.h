/* SPDX-License-Identifier: GPL-2.0-only */
/* Included ahead of everything in every file of the module. */
#ifndef VOUCH_PREFIX_H
#define VOUCH_PREFIX_H

/* How each of our lines in the kernel's log starts. */
#define pr_fmt(fmt) "vouch_target: " fmt

#include <linux/compiler.h>
#include <linux/kprobes.h>

/*
 * Marks what programs run through. A program may itself run from a probe or
 * a tracer, so neither may look at it.
 */
#define vouch_untraced notrace __kprobes

#endif /* VOUCH_PREFIX_H */
