// SPDX-License-Identifier: GPL-2.0-only
/* CPU features and structure layouts, as this kernel was compiled. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/cpumask.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/xdp.h>

#include "arch.h"
#include "facts.h"
#include "symbols.h"

struct layout {
	const char *structure;
	const char *field;
	u32 offset;
	u32 size;
};

#define LAYOUT(type, member)                               \
	{                                                  \
		.structure = #type, .field = #member,      \
		.offset = offsetof(struct type, member),   \
		.size = sizeof_field(struct type, member), \
	}

/*
 * Fields that machine code of XDP programs and inlined map operations reach.
 * Ascending; htab_elem, which no header shows, is read from BTF by the agent.
 */
static const struct layout layouts[] = {
	{ "bpf_array", "value", offsetof(struct bpf_array, value), 0 },
	LAYOUT(bpf_map, max_entries),
	LAYOUT(bpf_prog, bpf_func),
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

#define WHOLE(type)                                                          \
	{                                                                    \
		.structure = #type, .field = "", .size = sizeof(struct type) \
	}

/* What this module reads of the verifier's and the JIT's own structures. */
static const struct layout own_layouts[] = {
	WHOLE(bpf_func_state),
	LAYOUT(bpf_func_state, regs),
	WHOLE(bpf_insn_aux_data),
	LAYOUT(bpf_insn_aux_data, ptr_type),
	LAYOUT(bpf_insn_aux_data, ctx_field_size),
	LAYOUT(bpf_insn_aux_data, sanitize_stack_spill),
	LAYOUT(bpf_insn_aux_data, orig_idx),
	LAYOUT(bpf_insn_aux_data, map_index),
	LAYOUT(bpf_insn_aux_data, map_off),
	LAYOUT(bpf_insn_aux_data, map_key_state),
	LAYOUT(bpf_map, spin_lock_off),
	LAYOUT(bpf_map, id),
	LAYOUT(bpf_prog, len),
	LAYOUT(bpf_prog, jited_len),
	LAYOUT(bpf_prog, aux),
	LAYOUT(bpf_prog_aux, stack_depth),
	LAYOUT(bpf_prog_aux, func_cnt),
	LAYOUT(bpf_prog_aux, sleepable),
	LAYOUT(bpf_prog_aux, tail_call_reachable),
	LAYOUT(bpf_prog_aux, func),
	LAYOUT(bpf_prog_aux, size_poke_tab),
	LAYOUT(bpf_prog_aux, verified_insns),
	LAYOUT(bpf_prog_aux, num_exentries),
	WHOLE(bpf_reg_state),
	LAYOUT(bpf_reg_state, type),
	LAYOUT(bpf_reg_state, btf),
	LAYOUT(bpf_reg_state, btf_id),
	WHOLE(bpf_subprog_info),
	LAYOUT(bpf_subprog_info, start),
	LAYOUT(bpf_verifier_env, insn_idx),
	LAYOUT(bpf_verifier_env, prog),
	LAYOUT(bpf_verifier_env, ops),
	LAYOUT(bpf_verifier_env, cur_state),
	LAYOUT(bpf_verifier_env, used_maps),
	LAYOUT(bpf_verifier_env, used_map_cnt),
	LAYOUT(bpf_verifier_env, insn_aux_data),
	LAYOUT(bpf_verifier_env, log),
	LAYOUT(bpf_verifier_env, subprog_info),
	LAYOUT(bpf_verifier_env, subprog_cnt),
	LAYOUT(bpf_verifier_env, insn_processed),
	LAYOUT(bpf_verifier_log, ubuf),
	WHOLE(bpf_verifier_ops),
	LAYOUT(bpf_verifier_ops, gen_prologue),
	LAYOUT(bpf_verifier_ops, convert_ctx_access),
	LAYOUT(bpf_verifier_state, frame),
	LAYOUT(bpf_verifier_state, curframe),
};
static_assert(ARRAY_SIZE(layouts) + ARRAY_SIZE(own_layouts) <=
	      VOUCH_GUEST_MAX_FACTS);

int vouch_facts_check(void)
{
	struct vouch_capture_sym sym;

	if (!IS_ENABLED(CONFIG_BPF_JIT) || !IS_ENABLED(CONFIG_KALLSYMS)) {
		pr_err("cannot capture: the kernel is built without %s\n",
		       IS_ENABLED(CONFIG_BPF_JIT) ? "CONFIG_KALLSYMS"
						  : "CONFIG_BPF_JIT");
		return -EOPNOTSUPP;
	}
	if (!vouch_symbols_name((unsigned long)__bpf_call_base, &sym) ||
	    strcmp(sym.name, "__bpf_call_base")) {
		pr_err("cannot name call targets: __bpf_call_base is not found by its address\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

static void fill_facts(struct vouch_capture_fact *facts,
		       const struct layout *from, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		strscpy_pad(facts[i].structure, from[i].structure,
			    sizeof(facts[i].structure));
		strscpy_pad(facts[i].field, from[i].field,
			    sizeof(facts[i].field));
		facts[i].offset = cpu_to_le32(from[i].offset);
		facts[i].size = cpu_to_le32(from[i].size);
	}
}

void vouch_facts_get(struct vouch_guest_info *info)
{
	memset(info, 0, sizeof(*info));
	info->abi = cpu_to_le32(VOUCH_GUEST_ABI);
	info->arch = cpu_to_le32(vouch_guest_arch);
	info->features = cpu_to_le32(vouch_arch_features());
	info->nr_cpus = cpu_to_le32(num_possible_cpus());
	info->n_facts = cpu_to_le32(ARRAY_SIZE(layouts));
	info->n_own_facts = cpu_to_le32(ARRAY_SIZE(own_layouts));
	fill_facts(info->facts, layouts, ARRAY_SIZE(layouts));
	fill_facts(info->facts + ARRAY_SIZE(layouts), own_layouts,
		   ARRAY_SIZE(own_layouts));
}
