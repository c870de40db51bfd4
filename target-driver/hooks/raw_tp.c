// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks "raw_tp:NAME" and "tp_btf:NAME": programs that get a tracepoint's
 * arguments, each in 64 bits.
 */

#include <linux/bpf.h>
#include <linux/tracepoint.h>

#include "hooks/guard.h"
#include "hooks/probes.h"

#define BTF_SECTION "tp_btf/" /* what the verifier took the types from */

struct attachment {
	struct vouch_attachment base;
	struct tracepoint *tp;
	void *probe;
};

static struct attachment *of(struct vouch_attachment *a)
{
	return container_of(a, struct attachment, base);
}

vouch_untraced void vouch_probe_hit(const struct vouch_attachment *a,
				    const u64 *args)
{
	vouch_guard_run_own(a, args);
}

static bool takes(const struct vouch_req_prog *p)
{
	return le32_to_cpu(p->type) == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

static bool takes_btf(const struct vouch_req_prog *p)
{
	return le32_to_cpu(p->type) == BPF_PROG_TYPE_TRACING &&
	       le32_to_cpu(p->attach_type) == BPF_TRACE_RAW_TP;
}

static void compare(struct tracepoint *tp, void *data)
{
	struct attachment *a = data;

	if (!strcmp(tp->name, a->base.place))
		a->tp = tp;
}

static int find(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);

	for_each_kernel_tracepoint(compare, a);
	if (!a->tp)
		return vouch_refuse(
			why, -ENODEV,
			"hook %s:%.64s: this kernel has no such tracepoint",
			base->kind->prefix, base->place);
	a->probe = vouch_probe_find(base->place);
	if (a->probe)
		return 0;
	return vouch_refuse(
		why, -EOPNOTSUPP,
		"hook %s:%.64s: vouch_target has no probe for that prototype; add its header of events to hooks/probes_list.h",
		base->kind->prefix, base->place);
}

static int attach(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);
	int err = tracepoint_probe_register(a->tp, a->probe, base);

	if (!err)
		return 0;
	return vouch_refuse(
		why, err,
		"hook %s:%.64s: the kernel does not take a probe there (%d)",
		base->kind->prefix, base->place, err);
}

/* Its arguments are of the types of that tracepoint and no other. */
static int check_section(const struct vouch_attachment *base,
			 const struct vouch_runner *r, struct vouch_reason *why)
{
	const struct vouch_req_prog *p = vouch_runner_prog(r);
	const size_t n = sizeof(BTF_SECTION) - 1;

	if (!strncmp(p->section, BTF_SECTION, n) &&
	    !strcmp(p->section + n, base->place))
		return 0;
	return vouch_refuse(
		why, -EINVAL,
		"program %s: was verified for %s, not for hook tp_btf:%.48s",
		p->name, p->section, base->place);
}

static int attach_btf(struct vouch_attachment *base, struct vouch_reason *why)
{
	int err = check_section(base, vouch_kind_runner(base), why);

	return err ?: attach(base, why);
}

static int replace_btf(struct vouch_attachment *base, struct vouch_runner *r,
		       struct vouch_reason *why)
{
	return check_section(base, r, why);
}

static int detach(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);

	tracepoint_probe_unregister(a->tp, a->probe, base);
	tracepoint_synchronize_unregister();
	return 0;
}

static void drain(void)
{
	tracepoint_synchronize_unregister();
}

const struct vouch_hook_kind vouch_raw_tp_kind = {
	.prefix = "raw_tp",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes,
	.find = find,
	.attach = attach,
	.detach = detach,
	.drain = drain,
};

const struct vouch_hook_kind vouch_tp_btf_kind = {
	.prefix = "tp_btf",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes_btf,
	.find = find,
	.attach = attach_btf,
	.replace = replace_btf,
	.detach = detach,
	.drain = drain,
};
