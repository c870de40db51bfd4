// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes down what helpers of packets return and leave behind, with arguments
 * in and out of range.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "note.h"

static __always_inline void note_shape(struct __sk_buff *skb, long ret)
{
	note(ret);
	note((__u64)skb->len << 32 | skb->protocol << 16 | skb->vlan_present);
	note((__u64)skb->vlan_tci << 32 | skb->pkt_type);
	note((long)skb->data_end - (long)skb->data);
}

static const __u32 offsets[] = {
	0,	1,	 12,	     14,	 23,	     33,   34,
	40,	53,	 54,	     60,	 100,	     1500, 0xfffe,
	0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
};
#define N_OFFSETS (sizeof(offsets) / sizeof(offsets[0]))

SEC("tc")
int skb_load(struct __sk_buff *skb)
{
	__u8 bytes[16];
	__u32 i;

	for (i = 0; i < N_OFFSETS; i++) {
		note(bpf_skb_load_bytes(skb, offsets[i], bytes, 1));
		note(bytes[0]);
		note(bpf_skb_load_bytes(skb, offsets[i], bytes, 16));
		note(*(__u64 *)bytes ^ *(__u64 *)(bytes + 8));
		note(bpf_skb_load_bytes_relative(skb, offsets[i], bytes, 16,
						 BPF_HDR_START_MAC));
		note(*(__u64 *)bytes);
		note(bpf_skb_load_bytes_relative(skb, offsets[i], bytes, 4,
						 BPF_HDR_START_NET));
		note(*(__u32 *)bytes);
	}
	note(bpf_skb_load_bytes_relative(skb, 0, bytes, 4, 2));
	note(bpf_skb_load_bytes(skb, skb->len - 1, bytes, 1));
	note(bpf_skb_load_bytes(skb, skb->len, bytes, 1));
	return TC_ACT_OK;
}

SEC("tc")
int skb_store(struct __sk_buff *skb)
{
	static const __u32 flags[] = { 0, 1, 2, 3, 4, 16 };
	__u64 value = 0x1122334455667788;
	__u32 i;

	for (i = 0; i < N_OFFSETS; i++) {
		value += i;
		note(bpf_skb_store_bytes(skb, offsets[i], &value, 8, i % 4));
		note(bpf_skb_pull_data(skb, offsets[i]));
	}
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		note(bpf_skb_store_bytes(skb, 20 + i, &value, 5, flags[i]));
	note(bpf_skb_pull_data(skb, skb->len));
	note(bpf_skb_pull_data(skb, skb->len + 1));
	note(bpf_skb_store_bytes(skb, 0, &value, 8, 1ull << 32));
	note_shape(skb, 0);
	return TC_ACT_OK;
}

SEC("tc")
int skb_sums(struct __sk_buff *skb)
{
	__be32 words[4] = { 1, 2, 0xdeadbeef, 4 };
	__u32 i;

	for (i = 0; i < 8; i++) {
		note(bpf_l3_csum_replace(skb, 24, 0x1234, 0x4321, i));
		note(bpf_l3_csum_replace(skb, 24, 0, 0x4321 * i, 0));
		note(bpf_l4_csum_replace(skb, 50, 0x1234, 0x4321, i));
		note(bpf_l4_csum_replace(skb, 50, 0x1234, 0x4321 * i,
					 i << 4 | 2));
		note(bpf_l4_csum_replace(skb, 40, 0, 0x4321 * i, i << 4));
		note(bpf_l4_csum_replace(skb, 40, 5, i,
					 0x80 | 4 | (i & 2) << 3));
	}
	for (i = 0; i < N_OFFSETS; i++) {
		note(bpf_l3_csum_replace(skb, offsets[i], 1, i, 2));
		note(bpf_l4_csum_replace(skb, offsets[i], 1, i, 2));
	}
	note(bpf_l3_csum_replace(skb, 24, 1, 2, 1ull << 33));
	note(bpf_l4_csum_replace(skb, 24, 1, 2, 1ull << 33));
	note(bpf_csum_diff(words, 8, words, 16, 7));
	note(bpf_csum_diff(0, 0, words, 16, -1));
	note(bpf_csum_diff(words, 16, 0, 0, 0));
	note(bpf_csum_update(skb, 5));
	for (i = 0; i < 5; i++)
		note(bpf_csum_level(skb, i));
	for (i = 0; i < 5; i++) {
		note(bpf_csum_level(skb, BPF_CSUM_LEVEL_INC));
		note(bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY));
	}
	return TC_ACT_OK;
}

SEC("tc")
int skb_vlan(struct __sk_buff *skb)
{
	note_shape(skb, bpf_skb_vlan_pop(skb));
	note_shape(skb, bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 5));
	note_shape(skb, bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021AD), 9));
	note_shape(skb, bpf_skb_vlan_push(skb, 0x1234, 0xffff));
	note_shape(skb, bpf_skb_vlan_pop(skb));
	note_shape(skb, bpf_skb_vlan_pop(skb));
	return TC_ACT_OK;
}

SEC("tc")
int skb_proto(struct __sk_buff *skb)
{
	note_shape(skb, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 1));
	note_shape(skb, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0));
	note_shape(skb, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0));
	note_shape(skb, bpf_skb_change_proto(skb, bpf_htons(ETH_P_ARP), 0));
	note_shape(skb, bpf_skb_change_proto(skb, bpf_htons(ETH_P_IP), 0));
	note_shape(skb, bpf_skb_change_type(skb, 3));
	note_shape(skb, bpf_skb_change_type(skb, 5));
	note_shape(skb, bpf_skb_change_type(skb, 0));
	return TC_ACT_OK;
}

static const int lengths[] = { 0,  8,	 20,   28,    -8,	   -20,
			       -1, 4095, 4096, -4096, -0x7fffffff, 54 };

SEC("tc")
int skb_room(struct __sk_buff *skb)
{
	const __u64 v4 = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
	const __u64 v6 = BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	__u32 i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		note_shape(skb, bpf_skb_adjust_room(skb, lengths[i],
						    BPF_ADJ_ROOM_NET, 0));
		note_shape(skb, bpf_skb_adjust_room(skb, lengths[i],
						    BPF_ADJ_ROOM_MAC, 0x21));
	}
	note_shape(skb, bpf_skb_adjust_room(skb, 8, 2, 0));
	note_shape(skb, bpf_skb_adjust_room(skb, 8, 0, 1 << 7));
	note_shape(skb, bpf_skb_adjust_room(skb, 8, 1, v4 | v6));
	note_shape(skb, bpf_skb_adjust_room(skb, 8, 1, v4 | 0x18));
	note_shape(skb, bpf_skb_adjust_room(skb, 8, 1,
					    v4 | BPF_F_ADJ_ROOM_ENCAP_L2(9)));
	note_shape(skb,
		   bpf_skb_adjust_room(skb, 34, 1,
				       v6 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
					       BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
					       BPF_F_ADJ_ROOM_ENCAP_L2(13)));
	note_shape(skb,
		   bpf_skb_adjust_room(skb, 62, 1,
				       v6 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
					       BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
					       BPF_F_ADJ_ROOM_ENCAP_L2(14)));
	note_shape(skb, bpf_skb_adjust_room(skb, 20, 1, v4));
	note_shape(skb, bpf_skb_change_tail(skb, 80, 0));
	return TC_ACT_OK;
}

SEC("tc")
int skb_ends(struct __sk_buff *skb)
{
	static const __u32 tails[] = {
		0, 13, 14, 34, 54, 60, 200, 1500, 4000, 9000, 70000, 0xffffffff
	};
	static const __u32 heads[] = { 0, 1, 14, 100, 1000, 70000, 0xffffffff };
	__u32 i;

	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		note_shape(skb, bpf_skb_change_tail(skb, tails[i], 0));
	note_shape(skb, bpf_skb_change_tail(skb, 60, 1));
	note_shape(skb, bpf_skb_change_tail(skb, 60, 0));
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		note_shape(skb, bpf_skb_change_head(skb, heads[i], 0));
	note_shape(skb, bpf_skb_change_head(skb, 14, 1));
	return TC_ACT_OK;
}

SEC("tc")
int skb_facts(struct __sk_buff *skb)
{
	note(bpf_set_hash(skb, 0x1234567));
	note(skb->hash);
	note(bpf_get_hash_recalc(skb));
	bpf_set_hash_invalid(skb);
	note(skb->hash);
	note(bpf_get_hash_recalc(skb) == skb->hash);
	note(bpf_skb_ecn_set_ce(skb));
	note(bpf_skb_ecn_set_ce(skb));
	note(bpf_skb_set_tstamp(skb, 5, BPF_SKB_TSTAMP_DELIVERY_MONO));
	note(skb->tstamp);
	note(bpf_skb_set_tstamp(skb, 0, BPF_SKB_TSTAMP_DELIVERY_MONO));
	note(bpf_skb_set_tstamp(skb, 5, BPF_SKB_TSTAMP_UNSPEC));
	note(bpf_skb_set_tstamp(skb, 5, 2));
	note(skb->tstamp);
	note(bpf_skb_set_tstamp(skb, 0, BPF_SKB_TSTAMP_UNSPEC));
	note(skb->tstamp);
	note(bpf_get_cgroup_classid(skb));
	note(bpf_skb_cgroup_classid(skb));
	note(bpf_get_route_realm(skb));
	note(bpf_get_socket_uid(skb));
	return TC_ACT_OK;
}

SEC("tc")
int skb_elsewhere(struct __sk_buff *skb)
{
	struct bpf_redir_neigh neigh = { .nh_family = 2 };
	__u32 i;

	for (i = 0; i < 3; i++) {
		note(bpf_redirect(1, i));
		note(bpf_redirect_peer(1, i));
		note(bpf_redirect_neigh(1, 0, 0, i));
		note(bpf_clone_redirect(skb, 99, i));
		note(bpf_clone_redirect(skb, 1, i));
	}
	note(bpf_redirect(1, 1 << 16));
	note(bpf_redirect_neigh(1, &neigh, sizeof(neigh), 0));
	note(bpf_redirect_neigh(1, &neigh, 4, 0));
	return bpf_redirect(1, 0);
}

char LICENSE[] SEC("license") = "GPL";
