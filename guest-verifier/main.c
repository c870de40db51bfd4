// SPDX-License-Identifier: GPL-2.0-only
/* vouch_guest: captures what the verifier and the JIT made of a program. */

#include <linux/init.h>
#include <linux/module.h>

#include "device.h"
#include "facts.h"
#include "lookup.h"
#include "notes.h"
#include "ops.h"
#include "witness.h"

static int __init start(void)
{
	int err;

	err = vouch_facts_check();
	if (err)
		return err;
	err = vouch_lookup_start();
	if (err)
		return err;
	err = vouch_witness_start();
	if (err)
		return err;
	err = vouch_ops_start();
	if (err)
		goto stop_witness;
	err = vouch_notes_start();
	if (err)
		goto stop_ops;
	err = vouch_device_register();
	if (err)
		goto stop_notes;
	return 0;

stop_notes:
	vouch_notes_stop();
stop_ops:
	vouch_ops_stop();
stop_witness:
	vouch_witness_stop();
	return err;
}

static void __exit stop(void)
{
	vouch_device_unregister();
	vouch_notes_stop();
	vouch_ops_stop();
	vouch_witness_stop();
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Capture of verified and compiled eBPF programs");
MODULE_VERSION(VOUCH_VERSION);
