// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a program that asks for its kernel's layout must not be told wrong. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct sk_buff {
	__u32 mark;
	unsigned long _nfct; /* the target has none */
} __attribute__((preserve_access_index));

struct learnt {
	__u32 offset, exists, size, version, cpus, netfilter, branch, wraps;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct learnt);
} learnt SEC(".maps");

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
extern int CONFIG_NR_CPUS __kconfig;
extern _Bool CONFIG_NETFILTER __kconfig __weak;

/* An offset is the index. */
__u8 places[1024];

SEC("tc")
int traps(struct __sk_buff *skb)
{
	__u32 key = 0, offset = bpf_core_field_offset(struct sk_buff, mark);
	struct learnt *l = bpf_map_lookup_elem(&learnt, &key);

	if (!l)
		return TC_ACT_OK;
	if (offset < sizeof(places))
		places[offset] = 1;
	l->offset = offset;
	l->exists = bpf_core_field_exists(struct sk_buff, _nfct) ? 1 : 2;
	l->size = bpf_core_type_size(struct sk_buff);
	l->version = LINUX_KERNEL_VERSION;
	l->cpus = CONFIG_NR_CPUS;
	l->netfilter = CONFIG_NETFILTER ? 1 : 2;
	l->wraps = LINUX_HAS_SYSCALL_WRAPPER ? 1 : 2;
	if (LINUX_KERNEL_VERSION < 0x60100)
		l->branch = 1;
	else if (LINUX_KERNEL_VERSION < 0x60200)
		l->branch = 2;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
