// SPDX-License-Identifier: GPL-2.0-only
/* Time and place. */

#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "helpers/basic.h"
#include "helpers/export.h"

static DEFINE_PER_CPU(struct rnd_state, random_state);

void vouch_basic_init(void)
{
	prandom_seed_full_state(&random_state);
}

notrace u64 vouch_bpf_ktime_get_ns(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return ktime_get_mono_fast_ns(); /* NMI safe */
}

notrace u64 vouch_bpf_ktime_get_boot_ns(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return ktime_get_boot_fast_ns(); /* NMI safe */
}

notrace u64 vouch_bpf_ktime_get_coarse_ns(u64 r1, u64 r2, u64 r3, u64 r4,
					  u64 r5)
{
	return ktime_get_coarse_ns();
}

notrace u64 vouch_bpf_get_smp_processor_id(u64 r1, u64 r2, u64 r3, u64 r4,
					   u64 r5)
{
	return smp_processor_id();
}

notrace u64 vouch_bpf_get_numa_node_id(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return numa_node_id();
}

notrace u64 vouch_bpf_get_prandom_u32(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	u32 value = prandom_u32_state(&get_cpu_var(random_state));

	put_cpu_var(random_state);
	return value;
}
