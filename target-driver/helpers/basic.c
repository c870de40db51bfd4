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

VOUCH_HELPER(ktime_get_ns)
{
	return ktime_get_mono_fast_ns(); /* NMI safe */
}

VOUCH_HELPER(ktime_get_boot_ns)
{
	return ktime_get_boot_fast_ns(); /* NMI safe */
}

VOUCH_HELPER(ktime_get_coarse_ns)
{
	return ktime_get_coarse_ns();
}

VOUCH_HELPER(ktime_get_tai_ns)
{
	return ktime_get_tai_fast_ns(); /* NMI safe */
}

VOUCH_HELPER(get_smp_processor_id)
{
	return smp_processor_id();
}

VOUCH_HELPER(get_raw_cpu_id)
{
	return raw_smp_processor_id();
}

VOUCH_HELPER(get_numa_node_id)
{
	return numa_node_id();
}

VOUCH_HELPER(get_prandom_u32)
{
	u32 value = prandom_u32_state(&get_cpu_var(random_state));

	put_cpu_var(random_state);
	return value;
}
