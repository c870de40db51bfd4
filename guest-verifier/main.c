// SPDX-License-Identifier: GPL-2.0-only
/* vouch_guest: captures what the verifier and the JIT made of a program. */

#include <linux/init.h>
#include <linux/module.h>

#include "device.h"
#include "facts.h"
#include "watch.h"

static int __init start(void)
{
	int err;

	err = vouch_facts_check();
	if (err)
		return err;
	err = vouch_watch_start();
	if (err)
		return err;
	err = vouch_device_register();
	if (err)
		goto stop;
	return 0;

stop:
	vouch_watch_stop();
	return err;
}

static void __exit stop(void)
{
	vouch_device_unregister();
	vouch_watch_stop();
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Capture of verified and compiled eBPF programs");
MODULE_VERSION(VOUCH_VERSION);
