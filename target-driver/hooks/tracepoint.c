// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hook "tracepoint:CATEGORY:NAME": programs that get the record that a
 * tracepoint makes for perf.
 *
 * A perf event per CPU has the record made, and hands it over. It lies at the
 * start of a buffer of PERF_MAX_TRACE_SIZE bytes, beyond which the verifier
 * lets no program read; its first eight bytes are the kernel's, and hold a
 * pointer to the registers while a program runs.
 */

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/trace_events.h>

#include "hooks/events.h"
#include "hooks/guard.h"

struct attachment {
	struct vouch_events events;
	char category[VOUCH_TARGET_HOOK_LEN];
	const char *name; /* within @category */
};

static struct attachment *of(const struct vouch_attachment *a)
{
	return container_of(a, struct attachment, events.base);
}

static bool takes(const struct vouch_req_prog *p)
{
	return le32_to_cpu(p->type) == BPF_PROG_TYPE_TRACEPOINT;
}

static int find(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);
	char *colon;

	strscpy(a->category, base->place, sizeof(a->category));
	colon = strchr(a->category, ':');
	if (!colon || colon == a->category || !colon[1])
		return vouch_refuse(
			why, -EINVAL,
			"hook tracepoint:%.64s: is not tracepoint:CATEGORY:NAME",
			base->place);
	*colon = 0;
	a->name = colon + 1;
	return 0;
}

static vouch_untraced void on_record(struct perf_event *event,
				     struct perf_sample_data *data,
				     struct pt_regs *regs)
{
	const struct vouch_attachment *a = event->overflow_handler_context;
	struct pt_regs **head;
	struct pt_regs *former;

	if (unlikely(!data->raw))
		return;
	head = data->raw->frag.data;
	former = *head;
	*head = regs;
	vouch_guard_run(a, head);
	*head = former;
}

static int open_events(struct attachment *a, u32 id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
	};

	return vouch_events_open(&a->events, &attr, -1, on_record);
}

static int attach(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);
	struct trace_event_file *file;
	int err;

	file = trace_get_event_file(NULL, a->category, a->name);
	if (IS_ERR(file))
		return vouch_refuse(
			why, -ENODEV,
			"hook tracepoint:%.64s: this kernel has no such event",
			base->place);
	err = open_events(a, file->event_call->event.type);
	trace_put_event_file(file);
	if (err)
		return vouch_refuse(
			why, err,
			"hook tracepoint:%.64s: the kernel opens no perf event on it (%d)",
			base->place, err);
	return 0;
}

const struct vouch_hook_kind vouch_tracepoint_kind = {
	.prefix = "tracepoint",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes,
	.find = find,
	.attach = attach,
	.detach = vouch_events_detach,
	.drain = synchronize_rcu,
};
