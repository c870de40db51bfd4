// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers take a struct bpf_prog and call its bpf_func with the context and
 * the program's instructions. Ours has no instructions but a pointer to the
 * attachment.
 */

#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/nsproxy.h>
#include <linux/percpu.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "hooks/redirect.h"
#include "hooks/xdp.h"

#define FRAGS_SECTION "xdp.frags" /* libbpf's mark of such a program */

struct attachment {
	struct list_head list;
	struct net_device *dev;
	struct bpf_prog *prog;
	struct vouch_loaded *image;
	u32 index; /* of the program */
	vouch_entry_fn entry;
	u64 __percpu *runs;
};

static LIST_HEAD(attachments);

static vouch_untraced unsigned int run(const void *ctx,
				       const struct bpf_insn *insn)
{
	const struct attachment *a = *(struct attachment *const *)insn;
	u32 act;

	this_cpu_inc(*a->runs);
	vouch_redirect_clear();
	act = a->entry(ctx, insn);
	return likely(act != XDP_REDIRECT) ? act
					   : vouch_redirect_xdp((void *)ctx);
}

static u64 count_runs(const struct attachment *a)
{
	u64 n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += *per_cpu_ptr(a->runs, cpu);
	return n;
}

static struct attachment *find(const struct net_device *dev)
{
	struct attachment *a;

	ASSERT_RTNL();
	list_for_each_entry(a, &attachments, list)
		if (a->dev == dev)
			return a;
	return NULL;
}

static int set_prog(struct net_device *dev, struct bpf_prog *prog,
		    struct vouch_reason *why)
{
	struct netlink_ext_ack ack = {};
	struct netdev_bpf bpf = {
		.command = XDP_SETUP_PROG,
		.flags = XDP_FLAGS_DRV_MODE,
		.prog = prog,
		.extack = &ack,
	};
	int err;

	ASSERT_RTNL();
	err = dev->netdev_ops->ndo_bpf(dev, &bpf);
	if (!err)
		return 0;
	return vouch_refuse(
		why, err,
		"interface %s: its driver does not %s a program: %s (%d); see the kernel log",
		dev->name, prog ? "take" : "let go of",
		ack._msg ?: "no reason given", err);
}

/* Nobody may be running it any more. */
static void free_attachment(struct attachment *a)
{
	if (a->image) {
		atomic64_add(count_runs(a), &a->image->runs[a->index]);
		vouch_loaded_put(a->image);
	}
	if (a->prog)
		bpf_prog_free(a->prog);
	free_percpu(a->runs);
	kfree(a);
}

static struct bpf_prog *new_prog(struct attachment *a,
				 const struct vouch_req_prog *p)
{
	const unsigned int insns =
		DIV_ROUND_UP(sizeof(a), sizeof(struct bpf_insn));
	struct bpf_prog *prog;

	prog = bpf_prog_alloc(bpf_prog_size(insns), GFP_USER);
	if (!prog)
		return NULL;
	prog->len = insns;
	prog->type = BPF_PROG_TYPE_XDP;
	prog->expected_attach_type = BPF_XDP;
	prog->aux->xdp_has_frags =
		!strncmp(p->section, FRAGS_SECTION, sizeof(FRAGS_SECTION) - 1);
	strscpy(prog->aux->name, p->name, sizeof(prog->aux->name));
	memcpy(prog->insnsi, &a, sizeof(a));
	prog->bpf_func = run;
	return prog;
}

static struct attachment *new_attachment(struct vouch_loaded *l, u32 index,
					 struct net_device *dev)
{
	struct attachment *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return NULL;
	a->dev = dev;
	a->index = index;
	a->entry = vouch_loaded_entry(l, index);
	a->runs = alloc_percpu(u64);
	if (a->runs)
		a->prog = new_prog(a, &l->req.progs[index]);
	if (!a->prog) {
		free_attachment(a);
		return NULL;
	}
	/* The caller has a reference, so the module is not going. */
	__module_get(l->mod);
	a->image = l;
	return a;
}

static int check_dev(struct net_device *dev, struct vouch_loaded *l, u32 prog,
		     struct vouch_reason *why)
{
	const struct attachment *old = find(dev);

	if (!dev->netdev_ops->ndo_bpf)
		return vouch_refuse(
			why, -EOPNOTSUPP,
			"interface %s: its driver has no native XDP; use another interface",
			dev->name);
	if (dev_xdp_prog_count(dev))
		return vouch_refuse(
			why, -EBUSY,
			"interface %s: has an XDP program that is not of vouch; remove it first",
			dev->name);
	if (!old)
		return 0;
	if (memcmp(old->image->record.slot, l->record.slot,
		   sizeof(l->record.slot)))
		return vouch_refuse(
			why, -EBUSY,
			"interface %s: runs a program of slot %s; detach it first",
			dev->name, old->image->record.slot);
	if (old->image == l && old->index == prog)
		return vouch_refuse(why, -EEXIST,
				    "interface %s: runs this program already",
				    dev->name);
	return 0;
}

static int check_prog(const struct vouch_loaded *l, u32 prog,
		      struct vouch_reason *why)
{
	const struct vouch_req_prog *p = &l->req.progs[prog];

	const u32 attach_type = le32_to_cpu(p->attach_type);

	/* As the network core's dev_xdp_attach(). */
	if (le32_to_cpu(p->type) != BPF_PROG_TYPE_XDP ||
	    attach_type == BPF_XDP_DEVMAP || attach_type == BPF_XDP_CPUMAP)
		return vouch_refuse(
			why, -EOPNOTSUPP,
			"program %s: is not made for a network interface (attach type %u)",
			p->name, attach_type);
	return 0;
}

static struct net_device *find_dev(const char *ifname, struct vouch_reason *why)
{
	struct net_device *dev = NULL;

	if (strnlen(ifname, IFNAMSIZ) < IFNAMSIZ)
		dev = __dev_get_by_name(current->nsproxy->net_ns, ifname);
	if (!dev)
		vouch_refuse(why, -ENODEV,
			     "interface %.15s: there is none of that name here",
			     ifname);
	return dev;
}

static int attach(struct vouch_loaded *l, u32 prog, const char *ifname,
		  struct vouch_reason *why)
{
	struct net_device *dev = find_dev(ifname, why);
	struct attachment *a, *old;
	int err;

	if (!dev)
		return -ENODEV;
	err = check_dev(dev, l, prog, why);
	if (err)
		return err;
	a = new_attachment(l, prog, dev);
	if (!a)
		return vouch_refuse(why, -ENOMEM, "interface %s: out of memory",
				    dev->name);
	old = find(dev);
	err = set_prog(dev, a->prog, why);
	if (err) {
		/* A driver may have had it on some queues for a moment. */
		synchronize_net();
		free_attachment(a);
		return err;
	}
	list_add_tail(&a->list, &attachments);
	if (old) {
		list_del(&old->list);
		synchronize_net();
		free_attachment(old);
	}
	return 0;
}

int vouch_xdp_attach(struct vouch_loaded *l, u32 prog, const char *ifname,
		     struct vouch_reason *why)
{
	int err = check_prog(l, prog, why);

	if (err)
		return err;
	rtnl_lock();
	err = attach(l, prog, ifname, why);
	rtnl_unlock();
	return err;
}

static int detach(struct attachment *a, struct vouch_reason *why)
{
	int err = set_prog(a->dev, NULL, why);

	if (err)
		return err;
	list_del(&a->list);
	synchronize_net();
	free_attachment(a);
	return 0;
}

int vouch_xdp_detach(struct vouch_loaded *l, int prog, const char *ifname,
		     struct vouch_reason *why)
{
	struct attachment *a = NULL;
	struct net_device *dev;
	int err;

	rtnl_lock();
	dev = find_dev(ifname, why);
	if (dev)
		a = find(dev);
	if (!dev)
		err = -ENODEV;
	else if (!a || a->image != l || (prog >= 0 && a->index != prog))
		err = vouch_refuse(
			why, -ENOENT,
			"interface %s: does not run this program of image %s",
			dev->name, l->name);
	else
		err = detach(a, why);
	rtnl_unlock();
	return err;
}

static int notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct net_device *dev = netdev_notifier_info_to_dev(data);
	struct vouch_reason why = {};
	struct attachment *a;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	a = find(dev);
	if (a && detach(a, &why)) {
		/* The driver may still run it, so it must never be freed. */
		pr_err("%s\n", why.text);
		list_del(&a->list);
	}
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = notify };

int vouch_xdp_init(void)
{
	return register_netdevice_notifier(&notifier);
}

/* Attachments hold images, and images hold this module: none are left. */
void vouch_xdp_exit(void)
{
	unregister_netdevice_notifier(&notifier);
}

static void describe(const struct attachment *a,
		     struct vouch_target_attach_info *info)
{
	info->ifindex = a->dev->ifindex;
	info->runs = count_runs(a);
	memcpy(info->image, a->image->name, sizeof(info->image));
	memcpy(info->prog, a->image->req.progs[a->index].name,
	       sizeof(info->prog));
	memcpy(info->ifname, a->dev->name, sizeof(info->ifname));
}

int vouch_xdp_info(u32 index, struct vouch_target_attach_info *info,
		   struct vouch_reason *why)
{
	struct attachment *a;
	u32 n = 0;

	rtnl_lock();
	list_for_each_entry(a, &attachments, list)
		if (n++ == index) {
			describe(a, info);
			rtnl_unlock();
			return 0;
		}
	rtnl_unlock();
	return vouch_refuse(why, -ENOENT, "attachment %u: there are only %u",
			    index, n);
}

u32 vouch_xdp_count(void)
{
	struct attachment *a;
	u32 n = 0;

	rtnl_lock();
	list_for_each_entry(a, &attachments, list)
		n++;
	rtnl_unlock();
	return n;
}

u64 vouch_xdp_runs(struct vouch_loaded *l, u32 prog, u32 *n_attached)
{
	struct attachment *a;
	u64 runs;

	*n_attached = 0;
	rtnl_lock();
	runs = atomic64_read(&l->runs[prog]);
	list_for_each_entry(a, &attachments, list) {
		if (a->image != l || a->index != prog)
			continue;
		runs += count_runs(a);
		(*n_attached)++;
	}
	rtnl_unlock();
	return runs;
}
