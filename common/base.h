/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few things that every shared header needs, for kernel and user space.
 *
 * Every format of vouch is little-endian with fixed-width fields. A file in
 * common/ that both sides compile uses only what this header gives it.
 */
#ifndef VOUCH_BASE_H
#define VOUCH_BASE_H

#ifdef __KERNEL__

#include <asm/byteorder.h>
#include <linux/build_bug.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

/* What <elf.h> has and the kernel's own header lacks. */
#ifndef SHF_INFO_LINK
#define SHF_INFO_LINK 0x40
#endif
#ifndef ELF64_ST_INFO
#define ELF64_ST_INFO(bind, type) (((bind) << 4) + ((type)&0xf))
#endif
#ifndef ELF64_R_INFO
#define ELF64_R_INFO(sym, type) (((u64)(sym) << 32) + (type))
#endif

#else

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define le16_to_cpu(x) le16toh(x)
#define le32_to_cpu(x) le32toh(x)
#define le64_to_cpu(x) le64toh(x)
#define cpu_to_le16(x) htole16(x)
#define cpu_to_le32(x) htole32(x)
#define cpu_to_le64(x) htole64(x)

#endif /* __KERNEL__ */

#define VOUCH_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type " must be " #size " bytes")

/* Bytes of a SHA-256 digest, the one hash of every format. */
#define VOUCH_HASH_LEN 32

/* Version of the whole: what HELLO, manifests and --version carry. */
#define VOUCH_VERSION "0.1.0"

/**
 * vouch_range_ok() - does a part lie inside a whole?
 * @off: start of the part, in bytes
 * @len: length of the part, in bytes
 * @size: length of the whole, in bytes
 *
 * Return: true if [off, off + len) lies within [0, size), without overflow.
 */
static inline bool vouch_range_ok(u64 off, u64 len, u64 size)
{
	return off <= size && len <= size - off;
}

/**
 * vouch_all_zero() - are all bytes zero?
 * @p: first byte
 * @len: number of bytes
 *
 * Return: true if every byte is 0, as reserved bytes must be.
 */
static inline bool vouch_all_zero(const void *p, size_t len)
{
	const u8 *b = p;

	while (len--)
		if (*b++)
			return false;
	return true;
}

/**
 * vouch_name_ok() - is a fixed-size field a proper name?
 * @s: the field
 * @size: its size in bytes
 *
 * A name is one to @size - 1 printable ASCII characters without blank,
 * quote, backslash or slash, followed by NULs only, so that it can stand in
 * a log line, in a path component and in a symbol.
 *
 * Return: true if it is.
 */
static inline bool vouch_name_ok(const char *s, size_t size)
{
	size_t n = 0;

	while (n < size && s[n]) {
		if (s[n] <= ' ' || s[n] >= 0x7f || s[n] == '"' ||
		    s[n] == '\\' || s[n] == '/')
			return false;
		n++;
	}
	return n > 0 && n < size && vouch_all_zero(s + n, size - n);
}

/**
 * vouch_text_ok() - is a fixed-size field a printable, NUL-padded text?
 * @s: the field
 * @size: its size in bytes
 *
 * Unlike a name a text may be empty and may hold blanks and slashes.
 *
 * Return: true if it is.
 */
static inline bool vouch_text_ok(const char *s, size_t size)
{
	size_t n = 0;

	while (n < size && s[n]) {
		if (s[n] < ' ' || s[n] >= 0x7f)
			return false;
		n++;
	}
	return n < size && vouch_all_zero(s + n, size - n);
}

#endif /* VOUCH_BASE_H */
