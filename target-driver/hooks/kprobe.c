// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks "kprobe:FUNCTION[+OFFSET]" and "kretprobe:FUNCTION": programs
 * that get the registers, in a probe of their own each.
 */

#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>

#include "hooks/guard.h"

struct attachment {
	struct vouch_attachment base;
	char symbol[VOUCH_TARGET_HOOK_LEN];
	union {
		struct kprobe kp;
		struct kretprobe rp; /* starts with its kprobe */
	};
};

static struct attachment *of(const struct vouch_attachment *a)
{
	return container_of(a, struct attachment, base);
}

static bool takes(const struct vouch_req_prog *p)
{
	return le32_to_cpu(p->type) == BPF_PROG_TYPE_KPROBE;
}

static int find(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);
	char *plus;

	strscpy(a->symbol, base->place, sizeof(a->symbol));
	plus = strchr(a->symbol, '+');
	if (plus)
		*plus++ = 0;
	if (!*a->symbol || (plus && kstrtou32(plus, 0, &a->kp.offset)))
		return vouch_refuse(
			why, -EINVAL,
			"hook %s:%.64s: is not FUNCTION or FUNCTION+OFFSET",
			base->kind->prefix, base->place);
	a->kp.symbol_name = a->symbol;
	return 0;
}

static bool same(const struct vouch_attachment *a,
		 const struct vouch_attachment *b)
{
	return of(a)->kp.offset == of(b)->kp.offset &&
	       !strcmp(of(a)->symbol, of(b)->symbol);
}

static vouch_untraced int on_hit(struct kprobe *kp, struct pt_regs *regs)
{
	vouch_guard_run(&container_of(kp, struct attachment, kp)->base, regs);
	return 0;
}

/* @err: of registering the probe */
static int answer(const struct vouch_attachment *a, int err,
		  struct vouch_reason *why)
{
	if (!err)
		return 0;
	return vouch_refuse(
		why, err,
		"hook %s:%.64s: the kernel does not probe that (%d); is it a function of this kernel, and not one that must not be probed?",
		a->kind->prefix, a->place, err);
}

static int attach(struct vouch_attachment *base, struct vouch_reason *why)
{
	struct attachment *a = of(base);

	a->kp.pre_handler = on_hit;
	return answer(base, register_kprobe(&a->kp), why);
}

static int detach(struct vouch_attachment *base, struct vouch_reason *why)
{
	unregister_kprobe(&of(base)->kp);
	return 0;
}

const struct vouch_hook_kind vouch_kprobe_kind = {
	.prefix = "kprobe",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes,
	.find = find,
	.same = same,
	.attach = attach,
	.detach = detach,
	.drain = synchronize_rcu,
};

#ifdef CONFIG_KRETPROBES
static int find_return(struct vouch_attachment *base, struct vouch_reason *why)
{
	int err = find(base, why);

	if (err || !of(base)->kp.offset)
		return err;
	return vouch_refuse(
		why, -EINVAL,
		"hook kretprobe:%.64s: a function returns as a whole; leave the offset out",
		base->place);
}

static vouch_untraced int on_return(struct kretprobe_instance *ri,
				    struct pt_regs *regs)
{
	struct kretprobe *rp = get_kretprobe(ri);

	if (likely(rp))
		vouch_guard_run(&container_of(rp, struct attachment, rp)->base,
				regs);
	return 0;
}

static int attach_return(struct vouch_attachment *base,
			 struct vouch_reason *why)
{
	struct attachment *a = of(base);

	a->rp.handler = on_return;
	return answer(base, register_kretprobe(&a->rp), why);
}

static int detach_return(struct vouch_attachment *base,
			 struct vouch_reason *why)
{
	unregister_kretprobe(&of(base)->rp);
	return 0;
}

const struct vouch_hook_kind vouch_kretprobe_kind = {
	.prefix = "kretprobe",
	.size = sizeof(struct attachment),
	.shared = true,
	.takes = takes,
	.find = find_return,
	.same = same,
	.attach = attach_return,
	.detach = detach_return,
	.drain = synchronize_rcu,
};
#endif
