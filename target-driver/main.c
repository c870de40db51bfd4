// SPDX-License-Identifier: GPL-2.0-only
/* vouch_target runs what a verifier VM accepted, on a kernel without BPF. */

#include <linux/module.h>

#include "arch.h"
#include "base.h"
#include "device.h"
#include "helpers/basic.h"
#include "helpers/namespace.h"
#include "helpers/printing.h"
#include "helpers/signal.h"
#include "helpers/skb_tunnel.h"
#include "hooks/hook.h"
#include "keyring.h"
#include "loaded.h"
#include "maps/devmap.h"

#if IS_ENABLED(CONFIG_CFI_CLANG) || IS_ENABLED(CONFIG_PREEMPT_RT)
#error "vouch_target is not tested with kCFI or PREEMPT_RT"
#endif

static int __init start(void)
{
	int err;

	err = vouch_arch_init();
	if (err)
		return err;
	vouch_basic_init();
	vouch_signal_init();
	err = vouch_namespace_init();
	if (err)
		return err;
	err = vouch_printing_init();
	if (err)
		return err;
	err = vouch_tunnel_init();
	if (err)
		goto printing;
	err = vouch_keyring_init();
	if (err)
		goto tunnel;
	err = vouch_devmap_init();
	if (err)
		goto keyring;
	err = vouch_hook_init();
	if (err)
		goto devmaps;
	err = vouch_loaded_init();
	if (err)
		goto hooks;
	err = vouch_device_init();
	if (err)
		goto loaded;
	return 0;

loaded:
	vouch_loaded_exit();
hooks:
	vouch_hook_exit();
devmaps:
	vouch_devmap_exit();
keyring:
	vouch_keyring_exit();
tunnel:
	vouch_tunnel_exit();
printing:
	vouch_printing_exit();
	return err;
}

/* Images hold this module, so there are none. */
static void __exit stop(void)
{
	vouch_device_exit();
	vouch_loaded_exit();
	vouch_hook_exit();
	vouch_devmap_exit();
	vouch_keyring_exit();
	vouch_tunnel_exit();
	vouch_printing_exit();
	vouch_signal_exit();
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("Runs verified, signed images of eBPF programs");
MODULE_AUTHOR("The vouch authors");
MODULE_LICENSE("GPL v2");
MODULE_VERSION(VOUCH_VERSION);
