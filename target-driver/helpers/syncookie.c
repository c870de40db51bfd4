// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYN cookies of headers, without a socket; the meaning is that of
 * net/core/filter.c.
 *
 * vouch_bpf_tcp_raw_gen_syncookie_*:    r1 IP header, r2 TCP header, r3 bytes
 * vouch_bpf_tcp_raw_check_syncookie_*:  r1 IP header, r2 TCP header
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <net/tcp.h>

#include "helpers/export.h"

#define MAX_LEN 60 /* what doff can say */

/*
 * A copy of a header, whose length nobody changes while its options are read:
 * a program may have it in a map.
 */
struct header {
	union {
		struct tcphdr th;
		u8 bytes[MAX_LEN];
	};
};

static vouch_untraced bool copy_header(struct header *to, u64 from, u32 len)
{
	if (unlikely(len < sizeof(to->th) || len > sizeof(to->bytes)))
		return false;
	memcpy(to->bytes, (const void *)(unsigned long)from, len);
	return to->th.doff * 4 == len;
}

/* @mss: that a cookie stands for, or 0 */
static vouch_untraced u64 judge(int mss)
{
	return mss > 0 ? 0 : -EACCES;
}

static vouch_untraced u32 cookie_of(const struct tcphdr *th)
{
	return ntohl(th->ack_seq) - 1;
}

VOUCH_HELPER(tcp_raw_gen_syncookie_ipv4)
{
	struct header h;
	u32 cookie;
	u16 mss;

	if (!copy_header(&h, r2, r3))
		return -EINVAL;
	mss = tcp_parse_mss_option(&h.th, 0) ?: TCP_MSS_DEFAULT;
	cookie = __cookie_v4_init_sequence((const void *)(unsigned long)r1,
					   &h.th, &mss);
	return cookie | (u64)mss << 32;
}

VOUCH_HELPER(tcp_raw_check_syncookie_ipv4)
{
	const struct tcphdr *th = (const void *)(unsigned long)r2;

	return judge(__cookie_v4_check((const void *)(unsigned long)r1, th,
				       cookie_of(th)));
}

#if IS_BUILTIN(CONFIG_IPV6)
VOUCH_HELPER(tcp_raw_gen_syncookie_ipv6)
{
	struct header h;
	u32 cookie;
	u16 mss;

	if (!copy_header(&h, r2, r3))
		return -EINVAL;
	mss = tcp_parse_mss_option(&h.th, 0)
		      ?: IPV6_MIN_MTU - sizeof(h.th) - sizeof(struct ipv6hdr);
	cookie = __cookie_v6_init_sequence((const void *)(unsigned long)r1,
					   &h.th, &mss);
	return cookie | (u64)mss << 32;
}

VOUCH_HELPER(tcp_raw_check_syncookie_ipv6)
{
	const struct tcphdr *th = (const void *)(unsigned long)r2;

	return judge(__cookie_v6_check((const void *)(unsigned long)r1, th,
				       cookie_of(th)));
}
#else
VOUCH_HELPER(tcp_raw_gen_syncookie_ipv6)
{
	return -EPROTONOSUPPORT;
}

VOUCH_HELPER(tcp_raw_check_syncookie_ipv6)
{
	return -EPROTONOSUPPORT;
}
#endif
