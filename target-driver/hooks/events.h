/* SPDX-License-Identifier: GPL-2.0-only */
/* Places of programs that perf events of the kernel's own run. */
#ifndef VOUCH_EVENTS_H
#define VOUCH_EVENTS_H

#include <linux/perf_event.h>

#include "hooks/kind.h"

/* Starts what such a kind of hook knows of a place. */
struct vouch_events {
	struct vouch_attachment base;
	struct perf_event **by_cpu; /* between open and detach */
};

/**
 * vouch_events_open() - make an event on CPUs that are on.
 * @e: what they run; its by_cpu is filled
 * @attr: what an event counts
 * @only: a CPU, or -1 for all
 * @handler: called when one overflows; it finds the attachment in
 *	overflow_handler_context
 *
 * Return: 0, or -errno, which is -ENODEV if @only is not on.
 */
int vouch_events_open(struct vouch_events *e, struct perf_event_attr *attr,
		      int only, perf_overflow_handler_t handler);

/* End them and wait for handlers that run; see struct vouch_hook_kind. */
int vouch_events_detach(struct vouch_attachment *base,
			struct vouch_reason *why);

#endif /* VOUCH_EVENTS_H */
