// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers read from strings, strings made of numbers, and comparisons. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "map.h"

#define ROOM 48
#define SECOND 1000000000ull
#define BEYOND ((void *)0x8000000000000000) /* no address at all */

MAP(returned, ARRAY, 256);

static __u32 at;
static char line[ROOM];

static __noinline int note(__u64 value)
{
	__u32 key = at++;

	bpf_map_update_elem(&returned, &key, &value, BPF_ANY);
	return 0;
}

/* ---- numbers ------------------------------------------------------------ */

#define PARSE(text, flags)                                        \
	do {                                                      \
		static const char t[] = text;                     \
		long number = 77;                                 \
		unsigned long natural = 78;                       \
                                                                  \
		note(bpf_strtol(t, sizeof(t), flags, &number));   \
		note(number);                                     \
		note(bpf_strtoul(t, sizeof(t), flags, &natural)); \
		note(natural);                                    \
	} while (0)

static __noinline int numbers(void)
{
	PARSE("123", 0);
	PARSE("  \t-45x", 10);
	PARSE("0x1fG", 0);
	PARSE("0x", 0);
	PARSE("0x", 16);
	PARSE("0X7f", 16);
	PARSE("0779", 0);
	PARSE("778", 8);
	PARSE("", 0);
	PARSE("   ", 0);
	PARSE("-", 10);
	PARSE("z", 10);
	PARSE("+5", 10);
	PARSE("12", 7);
	PARSE("12", 32);
	return 0;
}

static __noinline int great_numbers(void)
{
	PARSE("9223372036854775807", 10);
	PARSE("9223372036854775808", 10);
	PARSE("-9223372036854775808", 10);
	PARSE("-9223372036854775809", 10);
	PARSE("18446744073709551615", 10);
	PARSE("18446744073709551616", 10);
	PARSE("ffffffffffffffff", 16);
	PARSE("1ffffffffffffffff", 16);
	PARSE("00000000000000000000000000000000000000000000000000000000000000"
	      "0000000000007",
	      10);
	PARSE("-18446744073709551615", 10);
	return 0;
}

static __noinline int compare(void)
{
	static const char a[8] = "vouch";

	note(bpf_strncmp(a, sizeof(a), "vouch"));
	note(bpf_strncmp(a, 4, "voucher"));
	note(bpf_strncmp(a, sizeof(a), "vouchs"));
	note(bpf_strncmp(a, sizeof(a), "vouce"));
	note(bpf_strncmp(a, sizeof(a), ""));
	note(bpf_strncmp(a, 1, "w"));
	return 0;
}

/* ---- text --------------------------------------------------------------- */

/* A number that tells one buffer from another. */
static __noinline int look(void)
{
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < ROOM; i++) {
		sum = sum * 131 + (unsigned char)line[i];
		line[i] = 0x55;
	}
	return note(sum);
}

#define PRINT(size, format, args...)                                       \
	do {                                                               \
		__u64 values[] = { args };                                 \
		static const char f[] = format;                            \
                                                                           \
		note(bpf_snprintf(line, size, f, values, sizeof(values))); \
		look();                                                    \
	} while (0)

static __noinline int print(void)
{
	static const char text[] = "some text";
	static const __u8 ip[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0,
				     2,	   1,	 3, 4, 0, 9, 0, 7 };
	__u64 t = (__u64)(long)text, a = (__u64)(long)ip;

	PRINT(ROOM, "%d %i %u|%x %X", -5, 6, -7, 0xabcd, 0xabcd);
	PRINT(ROOM, "%ld %lu %lx|%lld", -5, -7, -8, -9);
	PRINT(ROOM, "%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42);
	PRINT(ROOM, "%20lx|%-20llu|", 0x123456789, 99);
	PRINT(ROOM, "%s and %d%%", t, 3);
	PRINT(ROOM, "%12s|%-12s|", t, t);
	PRINT(ROOM, "%pks, %pks.", t, t);
	PRINT(ROOM, "%c%c%4c|%-3c|", 'a', 'b', 'c', 'd');
	PRINT(ROOM, "%pI4 %pi4", a, a);
	PRINT(ROOM, "%pI6", a);
	PRINT(ROOM, "%pi6", a);
	return 0;
}

static __noinline int print_more(void)
{
	static const char text[] = "some text";
	__u64 t = (__u64)(long)text, none = (__u64)(long)BEYOND;

	PRINT(5, "%s", t);
	PRINT(1, "%s", t);
	PRINT(10, "%d and %s", 12345678, t);
	PRINT(ROOM, "%s|%pI4|%d", none, none, 4);
	PRINT(ROOM, "%px|%px after", none, 1);
	PRINT(ROOM, "%d", 0xffffffff00000001);
	PRINT(ROOM, "%x", 0xffffffff00000001);
	PRINT(ROOM, "%08x|%8X|%-8xz", 0xbeef, 0xbeef, 0xbeef);
	PRINT(ROOM, "tab\tand\nnewline %d", 1);
	return 0;
}

/* What the verifier cannot see is refused when it is printed. */
static __noinline int print_lines(void)
{
	char unknown[] = "%d %z", few[] = "%d %d %d %d", bell[] = "a\a";
	char good[] = "%d %s", endless[4] = { 'a', 'b', 'c', 'd' };
	__u64 args[2] = { 1, (__u64)(long)BEYOND };

	note(bpf_trace_printk(unknown, sizeof(unknown), 1, 2, 3));
	note(bpf_trace_printk(few, sizeof(few), 1, 2, 3));
	note(bpf_trace_printk(bell, sizeof(bell)));
	note(bpf_trace_printk(endless, sizeof(endless)));
	note(bpf_trace_printk(good, sizeof(good), 12, BEYOND));
	note(bpf_trace_vprintk(good, sizeof(good), args, sizeof(args)));
	note(bpf_trace_vprintk(good, sizeof(good), args, 8));
	note(bpf_trace_vprintk(good, sizeof(good), args, 12));
	note(bpf_trace_vprintk(bell, 1, 0, 0));
	return 0;
}

SEC("xdp")
int texts(struct xdp_md *ctx)
{
	at = 0;
	numbers();
	great_numbers();
	compare();
	look();
	print();
	print_more();
	print_lines();
	/* Without a clock that goes on, both begin with the kernel. */
	note(bpf_ktime_get_tai_ns() + SECOND > bpf_ktime_get_ns());
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
