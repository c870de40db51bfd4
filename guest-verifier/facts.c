// SPDX-License-Identifier: GPL-2.0-only
/* CPU features and structure layouts, as this kernel was compiled. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/cpufeature.h>
#include <linux/cpumask.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/xdp.h>

#include "facts.h"

struct layout {
	const char *structure;
	const char *field;
	u32 offset;
	u32 size;
};

#define LAYOUT(type, member)                                                   \
	{                                                                      \
		#type, #member, offsetof(struct type, member),                 \
			sizeof_field(struct type, member)                      \
	}

/*
 * Fields that machine code of XDP programs and inlined map operations reach.
 * Ascending; htab_elem, which no header shows, is read from BTF by the agent.
 */
static const struct layout layouts[] = {
	{ "bpf_array", "value", offsetof(struct bpf_array, value), 0 },
	LAYOUT(bpf_map, max_entries),
	LAYOUT(net_device, ifindex),
	LAYOUT(xdp_buff, data),
	LAYOUT(xdp_buff, data_end),
	LAYOUT(xdp_buff, data_hard_start),
	LAYOUT(xdp_buff, data_meta),
	LAYOUT(xdp_buff, rxq),
	LAYOUT(xdp_buff, txq),
	LAYOUT(xdp_rxq_info, dev),
	LAYOUT(xdp_rxq_info, queue_index),
	LAYOUT(xdp_txq_info, dev),
};
static_assert(ARRAY_SIZE(layouts) <= VOUCH_GUEST_MAX_FACTS);

#ifdef CONFIG_X86_64

#define ARCH VOUCH_ARCH_X86_64

static u32 features(void)
{
	u32 f = 0;

	if (boot_cpu_has(X86_FEATURE_RETHUNK))
		f |= VOUCH_FEATURE_RETHUNK;
	if (boot_cpu_has(X86_FEATURE_RETPOLINE) &&
	    !boot_cpu_has(X86_FEATURE_RETPOLINE_LFENCE))
		f |= VOUCH_FEATURE_RETPOLINE;
	if (IS_ENABLED(CONFIG_X86_KERNEL_IBT) && boot_cpu_has(X86_FEATURE_IBT))
		f |= VOUCH_FEATURE_IBT;
	if (boot_cpu_has(X86_FEATURE_LA57))
		f |= VOUCH_FEATURE_LA57;
#ifdef X86_FEATURE_CALL_DEPTH
	if (boot_cpu_has(X86_FEATURE_CALL_DEPTH))
		f |= VOUCH_FEATURE_CALL_DEPTH;
#endif
	return f;
}

#else
#error "vouch_guest knows x86-64 only"
#endif

int vouch_facts_check(void)
{
	if (!IS_ENABLED(CONFIG_BPF_JIT) || !IS_ENABLED(CONFIG_KALLSYMS)) {
		pr_err("cannot capture: the kernel is built without %s\n",
		       IS_ENABLED(CONFIG_BPF_JIT) ? "CONFIG_KALLSYMS" :
						    "CONFIG_BPF_JIT");
		return -EOPNOTSUPP;
	}
	return 0;
}

void vouch_facts_get(struct vouch_guest_info *info)
{
	u32 i;

	memset(info, 0, sizeof(*info));
	info->abi = cpu_to_le32(VOUCH_GUEST_ABI);
	info->arch = cpu_to_le32(ARCH);
	info->features = cpu_to_le32(features());
	info->nr_cpus = cpu_to_le32(num_possible_cpus());
	info->n_facts = cpu_to_le32(ARRAY_SIZE(layouts));
	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vouch_capture_fact *fact = &info->facts[i];

		strscpy_pad(fact->structure, layouts[i].structure,
			    sizeof(fact->structure));
		strscpy_pad(fact->field, layouts[i].field,
			    sizeof(fact->field));
		fact->offset = cpu_to_le32(layouts[i].offset);
		fact->size = cpu_to_le32(layouts[i].size);
	}
}
