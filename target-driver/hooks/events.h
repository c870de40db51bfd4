/* SPDX-License-Identifier: GPL-2.0-only */
/* Perf events of the kernel's own, one for each CPU. */
#ifndef VOUCH_EVENTS_H
#define VOUCH_EVENTS_H

#include <linux/perf_event.h>

/**
 * vouch_events_open() - make an event on CPUs that are on.
 * @attr: what it counts
 * @only: a CPU, or -1 for all
 * @handler: called when it overflows
 * @data: for @handler, as overflow_handler_context
 *
 * Return: the events, for vouch_events_close(); ERR_PTR(-errno), which is
 * -ENODEV if @only is not on.
 */
struct perf_event **vouch_events_open(struct perf_event_attr *attr, int only,
				      perf_overflow_handler_t handler,
				      void *data);

/**
 * vouch_events_close() - end them and wait for handlers that run.
 * @events: of vouch_events_open()
 */
void vouch_events_close(struct perf_event **events);

#endif /* VOUCH_EVENTS_H */
