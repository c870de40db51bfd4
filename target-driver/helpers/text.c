// SPDX-License-Identifier: GPL-2.0-only
/* Strings of the program's own; the meaning is that of kernel/bpf/helpers.c. */

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "helpers/export.h"

#define BASE_MASK 0x1full
/* What of a number is looked at, its prefix included. */
#define MAX_DIGITS 63u

/* A number without sign. */
struct number {
	u64 value;
	bool negative;
};

static vouch_untraced u32 digit_of(char c)
{
	if (isdigit(c))
		return c - '0';
	c |= 0x20; /* small letters */
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : U32_MAX;
}

/* "0x" counts as a prefix only before a digit; else the number is 0. */
static vouch_untraced u32 skip_prefix(const char *p, u32 len, u32 *base)
{
	bool hex = len > 2 && p[0] == '0' && (p[1] | 0x20) == 'x' &&
		   isxdigit(p[2]);

	if (!*base)
		*base = hex ? 16 : len && *p == '0' ? 8 : 10;
	return *base == 16 && len > 1 && p[0] == '0' && (p[1] | 0x20) == 'x'
		       ? 2
		       : 0;
}

/* Return: characters that are the number, or -ERANGE. */
static vouch_untraced int read_digits(const char *p, u32 len, u32 base,
				      u64 *value)
{
	bool beyond = false;
	u32 n;

	*value = 0;
	for (n = 0; n < len && digit_of(p[n]) < base; n++)
		beyond |=
			check_mul_overflow(*value, (u64)base, value) ||
			check_add_overflow(*value, (u64)digit_of(p[n]), value);
	return beyond ? -ERANGE : n;
}

/* Return: characters that were used, or an error. */
static vouch_untraced int read_number(const char *p, u64 len, u64 flags,
				      struct number *n)
{
	u32 base = flags & BASE_MASK, used = 0, prefix;
	int digits;

	if (!len || (base && base != 8 && base != 10 && base != 16) ||
	    flags & ~BASE_MASK)
		return -EINVAL;
	while (used < len && isspace(p[used]))
		used++;
	n->negative = used < len && p[used] == '-';
	used += n->negative;
	if (used == len)
		return -EINVAL;
	len = min_t(u64, len - used, MAX_DIGITS);
	prefix = skip_prefix(p + used, len, &base);
	digits = read_digits(p + used + prefix, len - prefix, base, &n->value);
	if (digits <= 0)
		return digits ? digits : -EINVAL;
	return used + prefix + digits;
}

/* r1 string, r2 its bytes, r3 flags, r4 result */
VOUCH_HELPER(strtol)
{
	s64 *out = (s64 *)(unsigned long)r4;
	struct number n;
	int used;

	*out = 0;
	used = read_number((const char *)(unsigned long)r1, r2, r3, &n);
	if (used < 0)
		return used;
	if (n.value > S64_MAX && !(n.negative && n.value == 1ull << 63))
		return -ERANGE;
	*out = n.negative ? -n.value : n.value;
	return used;
}

VOUCH_HELPER(strtoul)
{
	u64 *out = (u64 *)(unsigned long)r4;
	struct number n;
	int used;

	*out = 0;
	used = read_number((const char *)(unsigned long)r1, r2, r3, &n);
	if (used < 0)
		return used;
	if (n.negative)
		return -EINVAL;
	*out = n.value;
	return used;
}

/* r1 string, r2 its bytes, r3 the other one */
VOUCH_HELPER(strncmp)
{
	return strncmp((const char *)(unsigned long)r1,
		       (const char *)(unsigned long)r3, (u32)r2);
}
