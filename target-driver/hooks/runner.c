// SPDX-License-Identifier: GPL-2.0-only

#include <linux/module.h>
#include <linux/slab.h>

#include "hooks/runner.h"

struct vouch_runner *vouch_runner_new(struct vouch_loaded *l, u32 index)
{
	struct vouch_runner *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	r->cpus = alloc_percpu(struct vouch_runner_cpu);
	if (!r->cpus) {
		kfree(r);
		return NULL;
	}
	r->index = index;
	r->entry = vouch_loaded_entry(l, index);
	/* The caller has a reference, so the module is not going. */
	__module_get(l->mod);
	r->image = l;
	return r;
}

u64 vouch_runner_count(const struct vouch_runner *r)
{
	u64 n = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		n += per_cpu_ptr(r->cpus, cpu)->runs;
	return n;
}

void vouch_runner_free(struct vouch_runner *r)
{
	if (!r)
		return;
	atomic64_add(vouch_runner_count(r), &r->image->runs[r->index]);
	vouch_loaded_put(r->image);
	free_percpu(r->cpus);
	kfree(r);
}
