/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For arch/x86/platform/pvh/enlighten.c of a kernel with KASAN: it runs before
 * there is memory that says what may be accessed, so it must not ask. Nor may
 * the one function that it calls for each hypervisor that there may be.
 */
#define __HAVE_ARCH_MEMCMP

static inline __attribute__((always_inline)) int
memcmp(const void *a, const void *b, unsigned long n)
{
	const unsigned char *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}
