/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What fuzz targets share.
 *
 * A target is one file, NAME_fuzz.c. The comment at its head names the files
 * that are its parser, for scripts/fuzz-coverage, in lines like
 *
 *	Parser: common/frame.c common/channel.c
 *
 * and defines LLVMFuzzerTestOneInput(). It is linked twice: with libFuzzer,
 * and with replay.c for what is run at each change.
 */
#ifndef VOUCH_FUZZ_H
#define VOUCH_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max,
			       unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);

/* ---- allocations that fail (alloc.c) ---- */

/**
 * fuzz_alloc_arm() - let one allocation of the code under test fail.
 * @data: the input, whose bytes decide whether and which
 * @len: its length in bytes
 *
 * About one input in sixteen has one of its first allocations fail, always
 * the same one. Allocations within libraries are not concerned.
 */
void fuzz_alloc_arm(const u8 *data, size_t len);

/**
 * fuzz_alloc_disarm() - from now on allocations do as they do.
 *
 * Return: true if one has failed.
 */
bool fuzz_alloc_disarm(void);

/* ---- reading an input piece by piece ---- */

/* What is left of an input. */
struct fuzz_input {
	const u8 *pos;
	size_t left;
};

static inline u8 fuzz_u8(struct fuzz_input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->pos++;
}

static inline u16 fuzz_u16(struct fuzz_input *in)
{
	u16 low = fuzz_u8(in);

	return (u16)(low | fuzz_u8(in) << 8);
}

static inline u32 fuzz_u32(struct fuzz_input *in)
{
	u32 low = fuzz_u16(in);

	return low | (u32)fuzz_u16(in) << 16;
}

static inline u64 fuzz_u64(struct fuzz_input *in)
{
	u64 low = fuzz_u32(in);

	return low | (u64)fuzz_u32(in) << 32;
}

/* The next @len bytes, or as many as there are; sets @got. */
static inline const u8 *fuzz_bytes(struct fuzz_input *in, size_t len,
				   size_t *got)
{
	const u8 *p = in->pos;

	*got = len < in->left ? len : in->left;
	in->pos += *got;
	in->left -= *got;
	return p;
}

/* The next line, without its newline, as a text to be freed. */
static inline char *fuzz_line(struct fuzz_input *in, size_t *len)
{
	const u8 *p = in->pos, *nl = memchr(p, '\n', in->left);
	char *s;

	*len = nl ? (size_t)(nl - p) : in->left;
	s = malloc(*len + 1);
	if (!s)
		abort();
	if (*len)
		memcpy(s, p, *len);
	s[*len] = 0;
	in->pos += *len + !!nl;
	in->left -= *len + !!nl;
	return s;
}

/* ---- what is accepted must be safe to follow ---- */

static volatile u64 fuzz_sink;

static inline void fuzz_touch(const void *p, size_t len)
{
	const u8 *b = p;

	while (len--)
		fuzz_sink += *b++;
}

/* What must hold; standard error may be nowhere. */
#define fuzz_require(ok)                                                 \
	((ok) ? (void)0                                                  \
	      : (dprintf(STDERR_FILENO, "%s:%d: not so: %s\n", __FILE__, \
			 __LINE__, #ok),                                 \
		 abort()))

/* A copy of exactly this length, so that a byte too far is found. */
static inline void *fuzz_copy(const void *data, size_t len)
{
	void *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, data, len);
	return copy;
}

#endif /* VOUCH_FUZZ_H */
