// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a program sees of a perf event's overflow. */

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <bpf/bpf_helpers.h>

#include "arch.h"

struct sample {
	__u64 hits, ip, sp, period, addr, low;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sample);
} samples SEC(".maps");

SEC("perf_event")
int perf_sample(struct bpf_perf_event_data *ctx)
{
	__u32 key = 0;
	struct sample *s = bpf_map_lookup_elem(&samples, &key);

	if (!s)
		return 0;
	s->hits++;
	s->ip = PT_REGS_IP(&ctx->regs);
	s->sp = PT_REGS_SP(&ctx->regs);
	s->period = ctx->sample_period;
	s->addr = ctx->addr;
	s->low = *(volatile __u32 *)&ctx->sample_period;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
