// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Takes a lock where it may have interrupted who holds it. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct value {
	struct bpf_spin_lock lock;
	__u32 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} counts SEC(".maps");

SEC("tp_btf/sched_switch")
int lock_tp_btf(__u64 *ctx)
{
	struct value *v;
	__u32 key = 0;

	v = bpf_map_lookup_elem(&counts, &key);
	if (v) {
		bpf_spin_lock(&v->lock);
		v->n++;
		bpf_spin_unlock(&v->lock);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
