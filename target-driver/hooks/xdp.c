// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hook "xdp:IFNAME": programs on network interfaces, run by their drivers.
 * The network core of a kernel without BPF knows nothing of it.
 */

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>

#include "hooks/kind.h"
#include "hooks/prog.h"
#include "hooks/redirect.h"

#define FRAGS_SECTION "xdp.frags" /* libbpf's mark of such a program */

struct attachment {
	struct vouch_attachment base;
	struct bpf_prog *prog;
};

static struct attachment *of(struct vouch_attachment *a)
{
	return container_of(a, struct attachment, base);
}

static vouch_untraced unsigned int run(const void *ctx,
				       const struct bpf_insn *insn)
{
	const struct vouch_runner *r = vouch_prog_data(insn);
	u32 act;

	vouch_redirect_clear();
	act = vouch_runner_run(r, ctx);
	return likely(act != XDP_REDIRECT) ? act
					   : vouch_redirect_xdp((void *)ctx);
}

static bool takes(const struct vouch_req_prog *p)
{
	const u32 attach_type = le32_to_cpu(p->attach_type);

	/* As the network core's dev_xdp_attach(). */
	return le32_to_cpu(p->type) == BPF_PROG_TYPE_XDP &&
	       attach_type != BPF_XDP_DEVMAP && attach_type != BPF_XDP_CPUMAP;
}

static int find(struct vouch_attachment *a, struct vouch_reason *why)
{
	return vouch_kind_find_dev(a, strlen(a->place), why);
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

static struct bpf_prog *new_prog(const struct vouch_runner *r)
{
	const struct vouch_req_prog *p = vouch_runner_prog(r);
	struct bpf_prog *prog = vouch_prog_new(p, run, r);

	if (!prog)
		return NULL;
	prog->expected_attach_type = BPF_XDP;
	prog->aux->xdp_has_frags =
		!strncmp(p->section, FRAGS_SECTION, sizeof(FRAGS_SECTION) - 1);
	return prog;
}

static int check_dev(struct net_device *dev, struct vouch_reason *why)
{
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
	return 0;
}

static int replace(struct vouch_attachment *a, struct vouch_runner *r,
		   struct vouch_reason *why)
{
	struct bpf_prog *prog, *former = of(a)->prog;
	int err = check_dev(a->dev, why);

	if (err)
		return err;
	prog = new_prog(r);
	if (!prog)
		return vouch_refuse(why, -ENOMEM, "interface %s: out of memory",
				    a->dev->name);
	err = set_prog(a->dev, prog, why);
	if (!err)
		of(a)->prog = prog;
	/* A driver that refuses may have had it on some queues for a moment. */
	synchronize_net();
	prog = err ? prog : former;
	if (prog)
		bpf_prog_free(prog);
	return err;
}

static int attach(struct vouch_attachment *a, struct vouch_reason *why)
{
	return replace(a, vouch_kind_runner(a), why);
}

static int detach(struct vouch_attachment *a, struct vouch_reason *why)
{
	int err = set_prog(a->dev, NULL, why);

	if (err)
		return err;
	synchronize_net();
	bpf_prog_free(of(a)->prog);
	return 0;
}

const struct vouch_hook_kind vouch_xdp_kind = {
	.prefix = "xdp",
	.size = sizeof(struct attachment),
	.takes = takes,
	.find = find,
	.attach = attach,
	.replace = replace,
	.detach = detach,
};
