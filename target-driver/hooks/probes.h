/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes for tracepoints, one for each prototype.
 *
 * A kernel without BPF has no __bpf_trace_*, so vouch_target has functions
 * of its own from the same headers of events. Each casts the arguments as
 * those do, to 64 bits without sign, and hands them on.
 */
#ifndef VOUCH_PROBES_H
#define VOUCH_PROBES_H

#include <linux/types.h>

/* Of bpf_trace_run12(); a program that reads more of them reads zeroes. */
#define VOUCH_PROBE_MAX_ARGS 12

/**
 * vouch_probe_find() - the probe for a tracepoint.
 * @tracepoint: its name
 *
 * Return: the function, which takes the attachment and the tracepoint's
 * arguments; NULL if its prototype is not known.
 */
void *vouch_probe_find(const char *tracepoint);

struct vouch_attachment;

/**
 * vouch_probe_hit() - a tracepoint was hit; in raw_tp.c.
 * @a: the attachment
 * @args: VOUCH_PROBE_MAX_ARGS arguments
 */
void vouch_probe_hit(const struct vouch_attachment *a, const u64 *args);

#endif /* VOUCH_PROBES_H */
