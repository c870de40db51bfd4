/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that programs make of a format and numbers. */
#ifndef VOUCH_PRINT_H
#define VOUCH_PRINT_H

#include <linux/types.h>

#define VOUCH_PRINT_MAX_ARGS 12
#define VOUCH_PRINT_MAX_TEXTS 512 /* bytes of arguments, as in the kernel */

/* The arguments, fetched and sanitised; strings lie in .texts. */
struct vouch_print_args {
	u64 values[VOUCH_PRINT_MAX_ARGS];
	char texts[VOUCH_PRINT_MAX_TEXTS];
};

/**
 * vouch_print_prepare() - check a format and fetch what it refers to.
 * @fmt: NUL-terminated within @fmt_size
 * @fmt_size: bytes
 * @raw: arguments of 64 bits, as the program has them
 * @n: their number, up to VOUCH_PRINT_MAX_ARGS
 * @args: filled
 *
 * With the meaning of bpf_bprintf_prepare().
 *
 * Return: 0, -EINVAL or -ENOSPC.
 */
int vouch_print_prepare(const char *fmt, u32 fmt_size, const u64 *raw, u32 n,
			struct vouch_print_args *args);

/**
 * vouch_print_format() - write the text.
 * @out: where to; always ends with a NUL unless @room is 0
 * @room: bytes
 * @fmt: a format that vouch_print_prepare() took
 * @args: what that filled
 *
 * Return: characters of the whole text, as snprintf().
 */
int vouch_print_format(char *out, u32 room, const char *fmt,
		       const struct vouch_print_args *args);

#endif /* VOUCH_PRINT_H */
