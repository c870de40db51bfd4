// SPDX-License-Identifier: GPL-2.0-only

#include <linux/cpumask.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "hooks/events.h"

static void release(struct perf_event **events)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (events[cpu])
			perf_event_release_kernel(events[cpu]);
	kfree(events);
}

static int open_on(struct perf_event **events, struct perf_event_attr *attr,
		   int cpu, perf_overflow_handler_t handler, void *data)
{
	struct perf_event *event = perf_event_create_kernel_counter(
		attr, cpu, NULL, handler, data);

	if (IS_ERR(event))
		return PTR_ERR(event);
	events[cpu] = event;
	return 0;
}

static struct perf_event **open_all(struct perf_event_attr *attr, int only,
				    perf_overflow_handler_t handler, void *data)
{
	struct perf_event **events;
	int cpu, err = 0;

	events = kcalloc(nr_cpu_ids, sizeof(*events), GFP_KERNEL);
	if (!events)
		return ERR_PTR(-ENOMEM);
	for_each_possible_cpu(cpu) {
		if (err || (only >= 0 && cpu != only))
			continue;
		err = open_on(events, attr, cpu, handler, data);
		if (err == -ENODEV && only < 0) /* that CPU is off */
			err = 0;
	}
	if (!err)
		return events;
	release(events);
	return ERR_PTR(err);
}

/*
 * Perf asks for CAP_PERFMON. Whoever opened the device may load modules, which
 * is more, and may have given up everything else.
 */
int vouch_events_open(struct vouch_events *e, struct perf_event_attr *attr,
		      int only, perf_overflow_handler_t handler)
{
	struct cred *cred = prepare_kernel_cred(NULL);
	struct perf_event **events;
	const struct cred *former;

	if (!cred)
		return -ENOMEM;
	former = override_creds(cred);
	events = open_all(attr, only, handler, &e->base);
	revert_creds(former);
	put_cred(cred);
	if (IS_ERR(events))
		return PTR_ERR(events);
	e->by_cpu = events;
	return 0;
}

int vouch_events_detach(struct vouch_attachment *base, struct vouch_reason *why)
{
	release(container_of(base, struct vouch_events, base)->by_cpu);
	synchronize_rcu();
	return 0;
}
