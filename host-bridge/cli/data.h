/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys and values on the command line, as bpftool takes them.
 */
#ifndef VOUCH_CLI_DATA_H
#define VOUCH_CLI_DATA_H

#include "../../common/failure.h"

/**
 * vouch_data_read() - read DATA := [ hex ] BYTES | NUMBER.
 * @words: the words of the command line
 * @n: how many there are
 * @len: bytes that there must be
 * @out: filled, @len bytes
 * @f: filled on error; described beforehand by vouch_fail()
 *
 * BYTES are decimal, or hexadecimal with 0x, or all hexadecimal behind the
 * word "hex". One number alone, without "hex", stands for a little-endian
 * integer of @len bytes, which may be 1 to 8.
 *
 * Return: how many words were used, or -EINVAL.
 */
int vouch_data_read(char **words, int n, size_t len, u8 *out,
		    struct vouch_failure *f);

#endif /* VOUCH_CLI_DATA_H */
