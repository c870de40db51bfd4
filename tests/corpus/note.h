/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How programs write down what they saw, in order, for a test to compare. */
#ifndef VOUCH_NOTE_H
#define VOUCH_NOTE_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "map.h"

MAP(returned, ARRAY, 4096);

__u32 noted; /* one packet goes on where the other ended */

static __always_inline void note(__u64 value)
{
	__u32 key = noted++;

	bpf_map_update_elem(&returned, &key, &value, BPF_ANY);
}

#endif /* VOUCH_NOTE_H */
