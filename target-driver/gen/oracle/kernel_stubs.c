// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the oracle's functions call outside their file. All else stays
 * unresolved: who calls it ends the program, and nobody believes it.
 */

#include <string.h>

int capable(int cap);
void *__memset(void *s, int c, size_t n);
void *__memcpy(void *to, const void *from, size_t n);
void *__memmove(void *to, const void *from, size_t n);

/* Programs are verified with privileges, or not: the verifier kernel says. */
int capable(int cap)
{
	(void)cap;
	return 1;
}

/* What is not instrumented, in a kernel with KASAN, calls these. */
void *__memset(void *s, int c, size_t n)
{
	return memset(s, c, n);
}

void *__memcpy(void *to, const void *from, size_t n)
{
	return memcpy(to, from, n);
}

void *__memmove(void *to, const void *from, size_t n)
{
	return memmove(to, from, n);
}
