// SPDX-License-Identifier: GPL-2.0-only
/*
 * What native C sees at the hooks. Writing a struct hooks_call to
 * /dev/hooks_native calls a function that is probed, and reading gives the
 * records.
 */

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/perf_event.h>
#include <linux/skbuff.h>
#include <linux/sched/signal.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>

#include <asm/apic.h>
#include <asm/nmi.h>

#include "hooks_record.h"

static struct hooks_record records[HOOKS_N];

static u64 *next(enum hooks_place place)
{
	struct hooks_record *r = &records[place];

	return r->at[r->n++ % HOOKS_KEPT];
}

u64 hooks_native_call(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);

noinline u64 hooks_native_call(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
}

static int on_call(struct kprobe *kp, struct pt_regs *regs)
{
	u64 *v = next(HOOKS_CALL);

	v[0] = regs->di;
	v[1] = regs->si;
	v[2] = regs->dx;
	v[3] = regs->cx;
	v[4] = regs->r8;
	v[5] = regs->r9;
	v[6] = regs->ip;
	v[7] = regs->sp;
	return 0;
}

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	u64 *v = next(HOOKS_RETURN);

	v[0] = regs->ax;
	v[1] = (unsigned long)hooks_native_call;
	return 0;
}

static void on_rename(void *data, struct task_struct *task, const char *comm)
{
	u64 *v = next(HOOKS_RENAME);

	v[0] = (unsigned long)task;
	v[1] = (unsigned long)comm;
	memcpy(&v[3], comm, sizeof(v[3]));
}

/* Without sign, as programs get them. */
static void on_signal(void *data, int sig, struct kernel_siginfo *info,
		      struct task_struct *task, int group, int result)
{
	u64 *v = next(HOOKS_SIGNAL);

	v[0] = (u32)sig;
	v[1] = (unsigned long)info;
	v[2] = (unsigned long)task;
	v[3] = (u32)group;
	v[4] = (u32)result;
}

/* ---- an NMI ---- */

static atomic64_t nmi_wanted; /* with which value; 0: none is */
static u64 nmi_result;

u64 hooks_native_nmi(u64 value);

noinline u64 hooks_native_nmi(u64 value)
{
	return value + 1;
}

static int handle_nmi(unsigned int type, struct pt_regs *regs)
{
	u64 value = atomic64_xchg(&nmi_wanted, 0);

	if (!value)
		return NMI_DONE;
	WRITE_ONCE(nmi_result, hooks_native_nmi(value));
	return NMI_HANDLED;
}

static int on_nmi(struct kprobe *p, struct pt_regs *regs)
{
	u64 *v = next(HOOKS_NMI);

	v[0] = regs->di;
	v[1] = regs->ip;
	v[HOOKS_NMI_CONTEXT] = !!in_nmi();
	v[HOOKS_NMI_HANDLER] = (unsigned long)handle_nmi;
	return 0;
}

static struct kprobe nmi_probe = {
	.symbol_name = "hooks_native_nmi",
	.pre_handler = on_nmi,
};

/* To this CPU, from itself. */
static int send_nmi(u64 value)
{
	unsigned int i;

	preempt_disable();
	atomic64_set(&nmi_wanted, value);
	apic->send_IPI_mask(cpumask_of(smp_processor_id()), NMI_VECTOR);
	for (i = 0; atomic64_read(&nmi_wanted) && i < 1000000; i++)
		cpu_relax();
	preempt_enable();
	return atomic64_xchg(&nmi_wanted, 0) ? -ETIMEDOUT : 0;
}

/* ---- packets ---- */

/* As programs see it, from the Ethernet header on. */
static void note_frame(u64 *v, const struct sk_buff *skb, unsigned int hidden)
{
	v[0] = skb->len + hidden;
	v[1] = skb->protocol;
	v[2] = skb_headlen(skb) + hidden;
	memcpy(&v[3], skb_mac_header(skb), 2 * sizeof(*v));
	v[5] = 0;
}

static void on_frame_of(const struct sk_buff *skb, const struct net_device *dev)
{
	u64 *v;

	if (skb->protocol != htons(HOOKS_ETH_P))
		return;
	if (skb->pkt_type == PACKET_OUTGOING) {
		if (!strcmp(dev->name, "eth1"))
			note_frame(next(HOOKS_TC_OUT), skb, 0);
		return;
	}
	if (strcmp(dev->name, "eth0"))
		return;
	note_frame(next(HOOKS_TC_IN), skb, ETH_HLEN);
	v = next(HOOKS_XDP);
	v[0] = skb->len + ETH_HLEN;
	memcpy(&v[1], skb_mac_header(skb), 2 * sizeof(*v));
	v[3] = (unsigned long)dev;
}

/* A packet socket's filter gets the frame from its Ethernet header on. */
static int on_frame(struct sk_buff *skb, struct net_device *dev,
		    struct packet_type *type, struct net_device *orig)
{
	u64 *v;

	on_frame_of(skb, dev);
	if (skb->protocol == htons(HOOKS_ETH_P) &&
	    skb->pkt_type != PACKET_OUTGOING && !strcmp(dev->name, "eth0")) {
		v = next(HOOKS_SOCKET);
		v[0] = skb->len + ETH_HLEN;
		v[1] = skb->protocol;
		v[2] = skb->pkt_type;
		memcpy(&v[3], skb_mac_header(skb), 2 * sizeof(*v));
		v[5] = (unsigned long)dev;
	}
	kfree_skb(skb);
	return 0;
}

static struct packet_type tap = {
	.type = htons(ETH_P_ALL),
	.func = on_frame,
};

static void on_fault(struct perf_event *event, struct perf_sample_data *data,
		     struct pt_regs *regs)
{
	u64 *v = next(HOOKS_EVENT);

	v[0] = regs->ip;
	v[1] = regs->sp;
	v[2] = data->period;
	v[3] = data->addr;
}

static struct perf_event *faults[NR_CPUS];

/* Each page fault on each CPU. */
static int start_faults(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = 1,
	};
	int cpu;

	for_each_online_cpu(cpu) {
		faults[cpu] = perf_event_create_kernel_counter(&attr, cpu, NULL,
							       on_fault, NULL);
		if (IS_ERR(faults[cpu]))
			return PTR_ERR(faults[cpu]);
	}
	return 0;
}

static void stop_faults(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		perf_event_release_kernel(faults[cpu]);
}

static struct kprobe kp = {
	.symbol_name = "hooks_native_call",
	.pre_handler = on_call,
};

static struct kretprobe rp = {
	.kp.symbol_name = "hooks_native_call",
	.handler = on_return,
};

static struct {
	const char *name;
	void *func;
	struct tracepoint *tp;
} points[] = {
	{ "task_rename", on_rename },
	{ "signal_generate", on_signal },
};

static void compare(struct tracepoint *tp, void *data)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!strcmp(tp->name, points[i].name))
			points[i].tp = tp;
}

static ssize_t do_write(struct file *file, const char __user *buf, size_t len,
			loff_t *pos)
{
	struct hooks_call call;
	u64 *a = call.args, value;

	if (len == sizeof(value))
		return copy_from_user(&value, buf, len) ? -EFAULT
							: send_nmi(value) ?: len;
	if (len != sizeof(call) || copy_from_user(&call, buf, len))
		return -EINVAL;
	call.result = hooks_native_call(a[0], a[1], a[2], a[3], a[4], a[5]);
	return copy_to_user((void __user *)buf, &call, len) ? -EFAULT : len;
}

static ssize_t do_read(struct file *file, char __user *buf, size_t len,
		       loff_t *pos)
{
	if (len != sizeof(records))
		return -EINVAL;
	return copy_to_user(buf, records, len) ? -EFAULT : len;
}

static const struct file_operations ops = {
	.owner = THIS_MODULE,
	.read = do_read,
	.write = do_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "hooks_native",
	.fops = &ops,
};

static void __exit stop(void)
{
	int i;

	misc_deregister(&device);
	dev_remove_pack(&tap);
	stop_faults();
	for (i = 0; i < ARRAY_SIZE(points); i++)
		tracepoint_probe_unregister(points[i].tp, points[i].func, NULL);
	tracepoint_synchronize_unregister();
	unregister_nmi_handler(NMI_LOCAL, "hooks_native");
	unregister_kprobe(&nmi_probe);
	unregister_kretprobe(&rp);
	unregister_kprobe(&kp);
}

/* The test ends the VM if that fails, so nothing is taken back. */
static int __init start(void)
{
	int i, err;

	for_each_kernel_tracepoint(compare, NULL);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		err = points[i].tp ? tracepoint_probe_register(
					     points[i].tp, points[i].func, NULL)
				   : -ENODEV;
		if (err)
			return err;
	}
	err = start_faults();
	if (err)
		return err;
	dev_add_pack(&tap);
	err = register_kprobe(&kp);
	if (!err)
		err = register_kretprobe(&rp);
	if (!err)
		err = register_kprobe(&nmi_probe);
	if (!err)
		err = register_nmi_handler(NMI_LOCAL, handle_nmi, 0,
					   "hooks_native");
	return err ?: misc_register(&device);
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("Sees at hooks what programs see");
MODULE_AUTHOR("The vouch authors");
MODULE_LICENSE("GPL v2");
