// SPDX-License-Identifier: BSD-2-Clause
/*
 * Allocations of the code under test, one of which may fail. The linker's
 * --wrap sends calls of malloc(), calloc() and realloc() here.
 */

#include "fuzz.h"

#define FIRST 24 /* allocations of which one fails */

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_realloc(void *p, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_realloc(void *p, size_t len);

static u32 left; /* allocations until one fails; 0: none does */
static bool failed;

static bool fails(void)
{
	if (!left || --left)
		return false;
	failed = true;
	return true;
}

void *__wrap_malloc(size_t len)
{
	return fails() ? NULL : __real_malloc(len);
}

void *__wrap_calloc(size_t n, size_t len)
{
	return fails() ? NULL : __real_calloc(n, len);
}

void *__wrap_realloc(void *p, size_t len)
{
	return fails() ? NULL : __real_realloc(p, len);
}

void fuzz_alloc_arm(const u8 *data, size_t len)
{
	u32 hash = 2166136261u;

	failed = false;
	while (len--)
		hash = (hash ^ *data++) * 16777619u;
	hash ^= hash >> 15;
	left = hash % 16 ? 0 : 1 + hash / 16 % FIRST;
}

bool fuzz_alloc_disarm(void)
{
	left = 0;
	return failed;
}
