// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A field that a function reads which is called back: its address is another
 * one in each load, as the field's offset is.
 */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "map.h"

MAP(lengths, ARRAY, 2);

struct frame {
	struct __sk_buff *skb;
	__u64 len;
};

static long read_len(__u32 i, struct frame *frame)
{
	frame->len = frame->skb->len;
	return 0;
}

static __noinline void note(__u32 key, __u64 len)
{
	bpf_map_update_elem(&lengths, &key, &len, BPF_ANY);
}

SEC("tc")
int callback_fields(struct __sk_buff *skb)
{
	struct frame frame = { .skb = skb };

	bpf_loop(1, read_len, &frame, 0);
	note(0, frame.len);
	note(1, skb->len);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
