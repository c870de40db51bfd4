// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hook "perf_event:TYPE:CONFIG:PERIOD[:CPU]": programs that run each time
 * a counter of perf overflows, on each CPU or on one. The numbers are those of
 * struct perf_event_attr; "99hz" for a period is a frequency.
 */

#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/perf_event.h>

#include "hooks/events.h"
#include "hooks/guard.h"

#define MAX_HZ 100000u

struct attachment {
	struct vouch_events events;
	u32 type;
	u64 config, period; /* or frequency */
	bool hz;
	int cpu; /* or -1 */
};

static struct attachment *of(const struct vouch_attachment *a)
{
	return container_of(a, struct attachment, events.base);
}

static bool takes(const struct vouch_req_prog *p)
{
	return le32_to_cpu(p->type) == BPF_PROG_TYPE_PERF_EVENT;
}

/* The number up to a colon or the end, with that suffix or none. */
static bool read_number(char **at, const char *suffix, u64 *number, bool *has)
{
	char *text = strsep(at, ":");
	size_t len = text ? strlen(text) : 0, n = strlen(suffix);

	*has = n && len > n && !strcmp(text + len - n, suffix);
	if (*has)
		text[len - n] = 0;
	return len && !kstrtou64(text, 0, number);
}

static bool read_place(struct attachment *a)
{
	char text[VOUCH_TARGET_HOOK_LEN], *at = text;
	u64 type, cpu = 0;
	bool has;

	strscpy(text, a->events.base.place, sizeof(text));
	if (!read_number(&at, "", &type, &has) ||
	    !read_number(&at, "", &a->config, &has) ||
	    !read_number(&at, "hz", &a->period, &a->hz))
		return false;
	a->cpu = -1;
	if (at) {
		if (!read_number(&at, "", &cpu, &has) || at ||
		    cpu >= nr_cpu_ids)
			return false;
		a->cpu = cpu;
	}
	a->type = type;
	return type <= U32_MAX && a->period && (!a->hz || a->period <= MAX_HZ);
}

/* Tracepoints and breakpoints give programs other things than counters do. */
static int find(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);

	if (!read_place(a))
		return vouch_refuse(
			why, -EINVAL,
			"hook perf_event:%.48s: is not perf_event:TYPE:CONFIG:PERIOD[:CPU], with a period, or up to %uhz, and a CPU of this target",
			base->place, MAX_HZ);
	if (a->type != PERF_TYPE_TRACEPOINT && a->type != PERF_TYPE_BREAKPOINT)
		return 0;
	return vouch_refuse(
		why, -EOPNOTSUPP,
		"hook perf_event:%.48s: type %u counts nothing; use the hook tracepoint or kprobe",
		base->place, a->type);
}

static vouch_untraced void on_overflow(struct perf_event *event,
				       struct perf_sample_data *data,
				       struct pt_regs *regs)
{
	struct bpf_perf_event_data_kern ctx = {
		.regs = perf_arch_bpf_user_pt_regs(regs),
		.data = data,
		.event = event,
	};

	vouch_guard_run(event->overflow_handler_context, &ctx);
}

static int attach(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);
	struct perf_event_attr attr = {
		.type = a->type,
		.size = sizeof(attr),
		.config = a->config,
		.sample_period = a->period,
		.freq = a->hz,
	};
	int err = vouch_events_open(&a->events, &attr, a->cpu, on_overflow);

	if (err)
		return vouch_refuse(
			why, err,
			"hook perf_event:%.48s: the kernel opens no such event (%d); does this machine count that?",
			base->place, err);
	return 0;
}

const struct vouch_hook_kind vouch_perf_event_kind = {
	.prefix = "perf_event",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes,
	.find = find,
	.attach = attach,
	.detach = vouch_events_detach,
	.drain = synchronize_rcu,
};
