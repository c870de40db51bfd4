// SPDX-License-Identifier: GPL-2.0-only
/* Asks the target's helper, as an XDP program of the loopback device does. */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/xdp.h>

#include "fib_native.h"
#include "helpers/export.h"

static s64 ask(struct fib_native *native)
{
	struct xdp_rxq_info rxq = { .dev = init_net.loopback_dev };
	struct xdp_buff xdp = { .rxq = &rxq };
	s64 said;

	local_bh_disable();
	rcu_read_lock();
	said = vouch_bpf_xdp_fib_lookup(
		(unsigned long)&xdp, (unsigned long)&native->params,
		sizeof(native->params), native->flags, 0);
	rcu_read_unlock();
	local_bh_enable();
	return said;
}

static long fib_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct fib_native native;

	if (cmd != FIB_NATIVE_ASK)
		return -ENOTTY;
	if (copy_from_user(&native, user, sizeof(native)))
		return -EFAULT;
	native.said = ask(&native);
	return copy_to_user(user, &native, sizeof(native)) ? -EFAULT : 0;
}

static const struct file_operations fib_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = fib_ioctl,
};

static struct miscdevice fib_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "fib_native",
	.fops = &fib_fops,
};

module_misc_device(fib_misc);

MODULE_DESCRIPTION("vouch: the target's look-up of routes, for a test");
MODULE_LICENSE("GPL");
