// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Makes SYN cookies and has them checked. Of a cookie, which the kernel's
 * secret decides on, it writes down nothing but the size that comes with it.
 */

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>

#include "note.h"

#define SEQ 0x01020304

struct header {
	struct tcphdr th;
	__u8 options[40];
};

static __always_inline void fill(struct header *h, __u32 len)
{
	__builtin_memset(h, 0, sizeof(*h));
	h->th.source = bpf_htons(1234);
	h->th.dest = bpf_htons(80);
	h->th.seq = bpf_htonl(SEQ);
	h->th.syn = 1;
	h->th.doff = len / 4;
}

static __always_inline void note_made(__s64 made)
{
	note(made < 0 ? made : made >> 32);
}

/* What follows a SYN whose cookie that was. */
static __always_inline void answer(struct tcphdr *th, __s64 made)
{
	th->seq = bpf_htonl(SEQ + 1);
	th->ack_seq = bpf_htonl((__u32)made + 1);
}

/* A cookie, and what is not quite one. */
#define TRY(version, ip, h, from)                                          \
	do {                                                               \
		__s64 made = bpf_tcp_raw_gen_syncookie_##version(          \
			ip, &(h)->th, sizeof((h)->th));                    \
                                                                           \
		note_made(made);                                           \
		note(bpf_tcp_raw_check_syncookie_##version(ip, &(h)->th)); \
		answer(&(h)->th, made);                                    \
		note(bpf_tcp_raw_check_syncookie_##version(ip, &(h)->th)); \
		(h)->th.ack_seq ^= bpf_htonl(1u << 23);                    \
		note(bpf_tcp_raw_check_syncookie_##version(ip, &(h)->th)); \
		(h)->th.ack_seq ^= bpf_htonl(1u << 23);                    \
		(h)->th.seq ^= bpf_htonl(1u << 12);                        \
		note(bpf_tcp_raw_check_syncookie_##version(ip, &(h)->th)); \
		(h)->th.seq ^= bpf_htonl(1u << 12);                        \
		(h)->th.source ^= 1;                                       \
		note(bpf_tcp_raw_check_syncookie_##version(ip, &(h)->th)); \
		(h)->th.source ^= 1;                                       \
		from ^= 1;                                                 \
		note(bpf_tcp_raw_check_syncookie_##version(ip, &(h)->th)); \
		from ^= 1;                                                 \
		note(bpf_tcp_raw_check_syncookie_##version(ip, &(h)->th)); \
	} while (0)

#define SIZE(version, ip, h, says, given)                                   \
	do {                                                                \
		fill(h, says);                                              \
		note_made(bpf_tcp_raw_gen_syncookie_##version(ip, &(h)->th, \
							      given));      \
	} while (0)

/* Options as they are, of the largest segment among them. */
#define OPTIONS(version, ip, h, ...)                                        \
	do {                                                                \
		static const __u8 given[] = { __VA_ARGS__ };                \
		__u32 i;                                                    \
                                                                            \
		fill(h, 32);                                                \
		for (i = 0; i < sizeof(given); i++)                         \
			(h)->options[i] = given[i];                         \
		note_made(bpf_tcp_raw_gen_syncookie_##version(ip, &(h)->th, \
							      32));         \
	} while (0)

#define MSS(n) 2, 4, (n) >> 8, (n)&255

#define ALL(version, ip, h, from)                                            \
	do {                                                                 \
		SIZE(version, ip, h, 20, 1);                                 \
		SIZE(version, ip, h, 16, 16);                                \
		SIZE(version, ip, h, 20, 19);                                \
		SIZE(version, ip, h, 20, 20);                                \
		SIZE(version, ip, h, 24, 20);                                \
		SIZE(version, ip, h, 20, 24);                                \
		SIZE(version, ip, h, 60, 60);                                \
		SIZE(version, ip, h, 56, 60);                                \
		SIZE(version, ip, h, 0, 60);                                 \
		OPTIONS(version, ip, h, MSS(1460));                          \
		OPTIONS(version, ip, h, MSS(1459));                          \
		OPTIONS(version, ip, h, MSS(1440));                          \
		OPTIONS(version, ip, h, MSS(1300));                          \
		OPTIONS(version, ip, h, MSS(9000));                          \
		OPTIONS(version, ip, h, MSS(65535));                         \
		OPTIONS(version, ip, h, MSS(1));                             \
		OPTIONS(version, ip, h, MSS(0));                             \
		OPTIONS(version, ip, h, 1, 1, MSS(1440));                    \
		OPTIONS(version, ip, h, 3, 3, 7, MSS(1440));                 \
		OPTIONS(version, ip, h, 0, MSS(1440));                       \
		OPTIONS(version, ip, h, 2, 3, 5, 6, MSS(1440));              \
		OPTIONS(version, ip, h, 8, 0, MSS(1440));                    \
		OPTIONS(version, ip, h, 8, 20, MSS(1440));                   \
		OPTIONS(version, ip, h, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4); \
		fill(h, 20);                                                 \
		TRY(version, ip, h, from);                                   \
	} while (0)

static __noinline int all_ipv4(void)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.saddr = bpf_htonl(0x0a000001),
		.daddr = bpf_htonl(0x0a000002),
	};
	struct header h;

	ALL(ipv4, &ip, &h, ip.saddr);
	return 0;
}

static __noinline int all_ipv6(void)
{
	struct ipv6hdr ip = { .version = 6 };
	struct header h;

	ip.saddr.in6_u.u6_addr8[15] = 1;
	ip.daddr.in6_u.u6_addr8[15] = 2;
	ALL(ipv6, &ip, &h, ip.saddr.in6_u.u6_addr8[0]);
	return 0;
}

/* As far as headers go, wherever they begin. */
static __always_inline void of_packet(void *at, void *end)
{
	struct iphdr *ip = at + ETH_HLEN;
	struct tcphdr *th = (void *)(ip + 1);

	if ((void *)(th + 1) > end)
		return;
	note_made(bpf_tcp_raw_gen_syncookie_ipv4(ip, th, sizeof(*th)));
	note(bpf_tcp_raw_check_syncookie_ipv4(ip, th));
}

SEC("xdp")
int cookies(struct xdp_md *ctx)
{
	of_packet((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	all_ipv4();
	all_ipv6();
	return XDP_PASS;
}

SEC("tc")
int cookies_tc(struct __sk_buff *skb)
{
	of_packet((void *)(long)skb->data, (void *)(long)skb->data_end);
	all_ipv4();
	all_ipv6();
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
