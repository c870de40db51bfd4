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
#include <linux/cred.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/trace_events.h>

#include "hooks/guard.h"

struct attachment {
	struct vouch_attachment base;
	char category[VOUCH_TARGET_HOOK_LEN];
	const char *name; /* within @category */
	struct perf_event **events; /* by CPU */
};

static struct attachment *of(const struct vouch_attachment *a)
{
	return container_of(a, struct attachment, base);
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

static void release(struct attachment *a)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (a->events[cpu])
			perf_event_release_kernel(a->events[cpu]);
	kfree(a->events);
	a->events = NULL;
}

static int open_all(struct attachment *a, u32 id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
	};
	int cpu, err = 0;

	a->events = kcalloc(nr_cpu_ids, sizeof(*a->events), GFP_KERNEL);
	if (!a->events)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct perf_event *event = perf_event_create_kernel_counter(
			&attr, cpu, NULL, on_record, &a->base);

		if (!IS_ERR(event))
			a->events[cpu] = event;
		else if (PTR_ERR(event) != -ENODEV) /* that CPU is off */
			err = PTR_ERR(event);
	}
	if (err)
		release(a);
	return err;
}

/*
 * Perf asks for CAP_PERFMON. Whoever opened the device may load modules, which
 * is more, and may have given up everything else.
 */
static int open_all_as_kernel(struct attachment *a, u32 id)
{
	struct cred *cred = prepare_kernel_cred(NULL);
	const struct cred *former;
	int err;

	if (!cred)
		return -ENOMEM;
	former = override_creds(cred);
	err = open_all(a, id);
	revert_creds(former);
	put_cred(cred);
	return err;
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
	err = open_all_as_kernel(a, file->event_call->event.type);
	trace_put_event_file(file);
	if (!err)
		return 0;
	return vouch_refuse(
		why, err,
		"hook tracepoint:%.64s: the kernel opens no perf event on it (%d)",
		base->place, err);
}

static int detach(struct vouch_attachment *base, struct vouch_reason *why)
{
	release(of(base));
	synchronize_rcu();
	return 0;
}

const struct vouch_hook_kind vouch_tracepoint_kind = {
	.prefix = "tracepoint",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes,
	.find = find,
	.attach = attach,
	.detach = detach,
	.drain = synchronize_rcu,
};
