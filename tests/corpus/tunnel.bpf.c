// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes down what the helpers of tunnels return and leave behind, with flags,
 * sizes and keys in and out of range.
 */

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "note.h"

static __always_inline void note_key(const struct bpf_tunnel_key *key)
{
	note((__u64)key->tunnel_id << 32 | key->remote_ipv6[0]);
	note((__u64)key->remote_ipv6[1] << 32 | key->remote_ipv6[3]);
	note((__u64)key->tunnel_tos << 32 | key->tunnel_ttl << 16 |
	     key->tunnel_ext);
	note((__u64)key->tunnel_label << 32 | key->local_ipv6[0]);
	note((__u64)key->local_ipv6[1] << 32 | key->local_ipv6[3]);
}

/* Sizes are constants to the verifier. */
#define GET(size, flags)                                              \
	do {                                                          \
		struct bpf_tunnel_key got;                            \
                                                                      \
		__builtin_memset(&got, 0x5a, sizeof(got));            \
		note(bpf_skb_get_tunnel_key(skb, &got, size, flags)); \
		note_key(&got);                                       \
	} while (0)

#define SIZE(member) offsetof(struct bpf_tunnel_key, member)

static __noinline int get_all(struct __sk_buff *skb)
{
	GET(sizeof(struct bpf_tunnel_key), 0);
	GET(sizeof(struct bpf_tunnel_key), BPF_F_TUNINFO_IPV6);
	GET(sizeof(struct bpf_tunnel_key), BPF_F_TUNINFO_FLAGS);
	GET(sizeof(struct bpf_tunnel_key),
	    BPF_F_TUNINFO_FLAGS | BPF_F_TUNINFO_IPV6);
	GET(sizeof(struct bpf_tunnel_key), BPF_F_ZERO_CSUM_TX);
	GET(sizeof(struct bpf_tunnel_key), 1ull << 32);
	return 0;
}

static __noinline int get_sizes(struct __sk_buff *skb)
{
	GET(SIZE(local_ipv6), 0);
	GET(SIZE(local_ipv6), BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS);
	GET(SIZE(tunnel_label), 0);
	GET(SIZE(tunnel_label), BPF_F_TUNINFO_IPV6);
	GET(SIZE(tunnel_ext), BPF_F_TUNINFO_FLAGS);
	GET(SIZE(tunnel_ext), BPF_F_TUNINFO_IPV6);
	GET(SIZE(remote_ipv6[1]), 0);
	GET(SIZE(remote_ipv6[1]), BPF_F_TUNINFO_IPV6);
	GET(SIZE(local_ipv6[1]), 0);
	GET(SIZE(tunnel_id) + 1, 0);
	GET(SIZE(tunnel_ttl), BPF_F_TUNINFO_IPV6);
	return 0;
}

static const __u64 set_flags[] = {
	0,
	BPF_F_TUNINFO_IPV6,
	BPF_F_ZERO_CSUM_TX,
	BPF_F_DONT_FRAGMENT,
	BPF_F_SEQ_NUMBER,
	BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT |
		BPF_F_SEQ_NUMBER,
	BPF_F_TUNINFO_FLAGS,
	BPF_F_INVALIDATE_HASH | BPF_F_TUNINFO_FLAGS,
	1ull << 32,
	1ull << 63,
};
#define N_SET_FLAGS (sizeof(set_flags) / sizeof(set_flags[0]))

static __always_inline struct bpf_tunnel_key make_key(__u32 i)
{
	struct bpf_tunnel_key key = {
		.tunnel_id = 0x12345678 + i,
		.remote_ipv6 = { 0x0a000001 + i, 2, 3, 0xfe80 },
		.tunnel_tos = 0x10 + i,
		.tunnel_ttl = 64 - i,
		.local_ipv6 = { 0xc0a80001, 0x20010db8, 7, 8 + i },
	};

	return key;
}

SEC("tc")
int tunnel_keys(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key;
	__u32 i;

	get_all(skb);
	for (i = 0; i < N_SET_FLAGS; i++) {
		key = make_key(i);
		note(bpf_skb_set_tunnel_key(skb, &key, sizeof(key),
					    set_flags[i]));
		get_all(skb);
		key.tunnel_label = 0xfff00000 | 0x12345 << (i & 1);
		note(bpf_skb_set_tunnel_key(skb, &key, sizeof(key),
					    set_flags[i]));
		get_all(skb);
		key.tunnel_label = 0;
		key.tunnel_ext = 1;
		note(bpf_skb_set_tunnel_key(skb, &key, sizeof(key),
					    set_flags[i]));
	}
	return TC_ACT_OK;
}

#define SET(size, flags)                                              \
	do {                                                          \
		note(bpf_skb_set_tunnel_key(skb, &key, size, flags)); \
		get_sizes(skb);                                       \
	} while (0)

SEC("tc")
int tunnel_sizes(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = make_key(0);

	get_sizes(skb);
	SET(SIZE(local_ipv6), 0);
	SET(SIZE(tunnel_label), BPF_F_TUNINFO_IPV6);
	SET(SIZE(tunnel_ext), 0);
	SET(SIZE(remote_ipv6[1]), BPF_F_TUNINFO_IPV6);
	SET(SIZE(remote_ipv6[1]), 0);
	SET(SIZE(remote_ipv6[2]), 0);
	SET(1, 0);
	SET(SIZE(tunnel_ttl), 0);
	return TC_ACT_OK;
}

#define N_BYTES 260

struct bytes {
	__u8 at[N_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct bytes);
} buffers SEC(".maps");

static __always_inline struct bytes *buffer(__u32 i)
{
	return bpf_map_lookup_elem(&buffers, &i);
}

#define GET_OPT(size)                                                      \
	do {                                                               \
		__builtin_memset(got, 0x5a, N_BYTES);                      \
		note(bpf_skb_get_tunnel_opt(skb, got, size));              \
		note((__u64)got->at[0] << 32 | got->at[3] << 24 |          \
		     got->at[7] << 16 | got->at[251] << 8 | got->at[255]); \
	} while (0)

static __noinline int get_opts(struct __sk_buff *skb)
{
	struct bytes *got = buffer(0);

	if (!got)
		return 0;
	GET_OPT(1);
	GET_OPT(3);
	GET_OPT(4);
	GET_OPT(8);
	GET_OPT(251);
	GET_OPT(252);
	GET_OPT(N_BYTES);
	return 0;
}

#define SET_OPT(size)                                          \
	do {                                                   \
		note(bpf_skb_set_tunnel_opt(skb, from, size)); \
		get_opts(skb);                                 \
		get_all(skb);                                  \
	} while (0)

SEC("tc")
int tunnel_opts(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = make_key(1);
	struct bytes *from = buffer(1);
	__u32 i;

	if (!from)
		return TC_ACT_SHOT;
	for (i = 0; i < N_BYTES; i++)
		from->at[i] = i + 1;
	get_opts(skb);
	note(bpf_skb_set_tunnel_opt(skb, from, 4)); /* without a key */
	note(bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
	get_opts(skb);
	SET_OPT(4);
	SET_OPT(252);
	SET_OPT(8);
	SET_OPT(1);
	SET_OPT(255);
	SET_OPT(256);
	SET_OPT(N_BYTES);
	/* A new key drops them; a copy of the packet holds the old ones. */
	note(bpf_clone_redirect(skb, 1, BPF_F_INGRESS));
	note(bpf_skb_set_tunnel_key(skb, &key, sizeof(key),
				    BPF_F_TUNINFO_IPV6));
	get_opts(skb);
	SET_OPT(12);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
