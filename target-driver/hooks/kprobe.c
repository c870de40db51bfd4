// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks "kprobe:FUNCTION[+OFFSET]" and "kretprobe:FUNCTION": programs
 * that get the registers, in a probe of their own each.
 *
 * To take a probe off, Linux 6.1 may need memory. Without it,
 * unregister_kprobe() returns as always, with the probe still in the kernel's
 * table; and asked again, __disarm_kprobe_ftrace() would count it off twice.
 * Such a probe stays for good, and vouch_target with it, but runs nothing.
 */

#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/mm.h>

#include "hooks/guard.h"
#include "hooks/kprobe.h"

struct attachment {
	struct vouch_attachment base;
	char symbol[VOUCH_TARGET_HOOK_LEN];
	union {
		struct kprobe kp;
		struct kretprobe rp; /* starts with its kprobe */
	};
	struct list_head stuck_list;
};

/* Those that the kernel did not take off. Guarded by RTNL. */
static LIST_HEAD(stuck_probes);

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

static DEFINE_PER_CPU(const struct kprobe *, running);

vouch_untraced const struct kprobe *vouch_kprobe_running(void)
{
	return this_cpu_read(running);
}

/* A hit that interrupts a program leaves it its probe. */
static vouch_untraced void run(const struct attachment *a,
			       const struct pt_regs *regs)
{
	const struct kprobe *former = this_cpu_read(running);

	this_cpu_write(running, &a->kp);
	vouch_guard_run(&a->base, regs);
	this_cpu_write(running, former);
}

static vouch_untraced int on_hit(struct kprobe *kp, struct pt_regs *regs)
{
	run(container_of(kp, struct attachment, kp), regs);
	return 0;
}

/*
 * The kernel believes of a stuck probe that it hits, so that it would not put
 * up another one at its place; to remove that one again it needs no memory.
 * Before it is registered, a probe has a name and no address yet.
 */
static int check_beside(const struct attachment *a, struct vouch_reason *why)
{
	const struct attachment *other;

	list_for_each_entry(other, &stuck_probes, stuck_list)
		if (other->kp.addr == a->kp.addr ||
		    same(&other->base, &a->base))
			return vouch_refuse(
				why, -EBUSY,
				"hook %s:%.64s: the kernel did not take off an earlier probe there; reboot, or name another function",
				a->base.kind->prefix, a->base.place);
	return 0;
}

static void keep(struct attachment *a, int err)
{
	struct vouch_runner *r = vouch_kind_runner(&a->base);

	RCU_INIT_POINTER(a->base.runner, NULL);
	synchronize_rcu();
	vouch_runner_free(r);
	a->base.stuck = true;
	list_add(&a->stuck_list, &stuck_probes);
	__module_get(THIS_MODULE);
	pr_warn("hook %s:%s: the kernel does not take its probe off (%d); nothing runs there any more, but vouch_target cannot be unloaded, and nothing be attached there, until the next boot\n",
		a->base.kind->prefix, a->base.place, err);
}

/*
 * Hits no more, so that it can be unregistered; if not, it is kept. The memory
 * may come from what is there for those who must not fail.
 */
static bool disarm(struct attachment *a)
{
	unsigned int flags = memalloc_noreclaim_save();
	int err = disable_kprobe(&a->kp);

	memalloc_noreclaim_restore(flags);
	if (err)
		keep(a, err);
	return !err;
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
	int err = check_beside(a, why);

	if (err)
		return err;
	a->kp.pre_handler = on_hit;
	err = answer(base, register_kprobe(&a->kp), why);
	if (err)
		return err;
	err = check_beside(a, why);
	if (err)
		unregister_kprobe(&a->kp);
	return err;
}

static int detach(struct vouch_attachment *base, struct vouch_reason *why)
{
	if (disarm(of(base)))
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
		run(container_of(rp, struct attachment, rp), regs);
	return 0;
}

static int attach_return(struct vouch_attachment *base,
			 struct vouch_reason *why)
{
	struct attachment *a = of(base);
	int err = check_beside(a, why);

	if (err)
		return err;
	a->rp.handler = on_return;
	err = answer(base, register_kretprobe(&a->rp), why);
	if (err)
		return err;
	err = check_beside(a, why);
	if (err)
		unregister_kretprobe(&a->rp);
	return err;
}

static int detach_return(struct vouch_attachment *base,
			 struct vouch_reason *why)
{
	if (disarm(of(base)))
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
