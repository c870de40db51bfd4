// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes down what helpers of XDP frames return and leave behind, with
 * arguments in and out of range; the frames may have several buffers.
 */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "note.h"

static const __u32 offsets[] = { 0,	     1,	   13,	   40,	   60,
				 3500,	     3519, 3520,   3521,   4000,
				 7616,	     9990, 0xfff0, 0xffff, 0x10000,
				 0x80000000, -1u };
#define N_OFFSETS (sizeof(offsets) / sizeof(offsets[0]))

static __u8 bytes[512];

SEC("xdp.frags")
int xdp_bytes(struct xdp_md *ctx)
{
	__u32 i;

	note(bpf_xdp_get_buff_len(ctx));
	for (i = 0; i < N_OFFSETS; i++) {
		note(bpf_xdp_load_bytes(ctx, offsets[i], bytes, 4));
		note(*(__u32 *)bytes);
		note(bpf_xdp_load_bytes(ctx, offsets[i], bytes, 512));
		note(bytes[0] << 8 | bytes[511]);
		bytes[1] ^= i;
		bytes[300] += i;
		note(bpf_xdp_store_bytes(ctx, offsets[i], bytes, 4));
		note(bpf_xdp_store_bytes(ctx, offsets[i], bytes, 512));
	}
	return XDP_PASS;
}

static const __u32 interfaces[] = { 0, 1, 99 };
static const __u32 lengths[] = { 0, 1, 1500, 65536, 65537, 70000 };
static const int more[] = { 0, 1, -1, 65536, -70000 };

#define CHECK_MTU(ctx)                                                         \
	do {                                                                   \
		__u32 i, k, n, mtu;                                            \
                                                                               \
		for (i = 0; i < 3; i++)                                        \
			for (k = 0; k < 6; k++)                                \
				for (n = 0; n < 5; n++) {                      \
					mtu = lengths[k];                      \
					note(bpf_check_mtu(ctx, interfaces[i], \
							   &mtu, more[n], 0)); \
					note(mtu);                             \
				}                                              \
		for (i = 0; i < 3; i++)                                        \
			for (k = 0; k < 2; k++) {                              \
				mtu = k;                                       \
				note(bpf_check_mtu(ctx, 0, &mtu, 0, i));       \
				note(mtu);                                     \
				note(bpf_check_mtu(ctx, 0, &mtu, k, i));       \
				note(mtu);                                     \
			}                                                      \
	} while (0)

SEC("xdp")
int xdp_mtu(struct xdp_md *ctx)
{
	CHECK_MTU(ctx);
	return XDP_PASS;
}

SEC("tc")
int skb_mtu(struct __sk_buff *skb)
{
	CHECK_MTU(skb);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
