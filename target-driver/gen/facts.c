// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts of a target's kernel, for its profile. Compiled with the target's
 * tree and never linked: scripts/target-profile reads the object's sections.
 */

#include <linux/bpf_perf_event.h>
#include <linux/filter.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/thread_info.h>
#include <linux/threads.h>
#define INCLUDE_VERMAGIC
#include <linux/vermagic.h>
#include <net/xdp.h>

#include "offer.h"

struct fact {
	char name[64];
	u64 value;
};

#define OFFSET(type, member)                                                 \
	{ #type "." #member ".offset", offsetof(struct type, member) },      \
	{                                                                    \
#type "." #member ".size", sizeof_field(struct type, member) \
	}
#define CONFIG(option)                      \
	{                                   \
#option, IS_ENABLED(option) \
	}

const struct fact vouch_facts[] __used __section(".vouch.facts") = {
	{ "module.size", sizeof(struct module) },
	OFFSET(module, name),
	OFFSET(module, init),
#ifdef CONFIG_MODULE_UNLOAD
	OFFSET(module, exit),
#endif
	OFFSET(xdp_buff, data),
	OFFSET(xdp_buff, data_end),
	OFFSET(xdp_buff, data_meta),
	OFFSET(xdp_buff, data_hard_start),
	OFFSET(xdp_buff, rxq),
	OFFSET(xdp_buff, txq),
	OFFSET(xdp_rxq_info, dev),
	OFFSET(xdp_rxq_info, queue_index),
	OFFSET(xdp_txq_info, dev),
	OFFSET(net_device, ifindex),
	{ "NR_CPUS", NR_CPUS },
	{ "THREAD_SIZE", THREAD_SIZE },
	{ "PAGE_SIZE", PAGE_SIZE },
	{ "HZ", HZ },
	{ "pt_regs.size", sizeof(bpf_user_pt_regs_t) },
};

const struct fact vouch_kconfig[] __used __section(".vouch.kconfig") = {
	CONFIG(CONFIG_ARM64_BTI_KERNEL),  CONFIG(CONFIG_BPF_SYSCALL),
	CONFIG(CONFIG_BPF_JIT),		  CONFIG(CONFIG_CFI_CLANG),
	CONFIG(CONFIG_MODULE_SIG_FORCE),  CONFIG(CONFIG_MODVERSIONS),
	CONFIG(CONFIG_PREEMPT_RT),	  CONFIG(CONFIG_RETHUNK),
	CONFIG(CONFIG_RETPOLINE),	  CONFIG(CONFIG_SMP),
	CONFIG(CONFIG_STRICT_MODULE_RWX), CONFIG(CONFIG_X86_5LEVEL),
	CONFIG(CONFIG_X86_KERNEL_IBT),
};

#define TYPE_NAME(type, name) #name,
#define HOOK_NAME(name) #name,
const char vouch_prog_types[][32] __used
	__section(".vouch.prog_types") = { VOUCH_PROG_TYPES(TYPE_NAME) };

const char vouch_hooks[][32] __used
	__section(".vouch.hooks") = { VOUCH_HOOKS(HOOK_NAME) };

const char vouch_map_types[][32] __used
	__section(".vouch.map_types") = { VOUCH_MAP_TYPES(TYPE_NAME) };

#define HELPER_NAME(kernel, name, gpl) "vouch_bpf_" #name,
const char vouch_helpers[][64] __used
	__section(".vouch.helpers") = { VOUCH_OFFERED_HELPERS(HELPER_NAME) };

const char vouch_vermagic[] __used
	__section(".vouch.vermagic") = VERMAGIC_STRING;
