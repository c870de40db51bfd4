/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Binary data as lower-case hexadecimal, as JSON carries it. User space only.
 */
#ifndef VOUCH_HEX_H
#define VOUCH_HEX_H

#include <jansson.h>

#include "base.h"

/**
 * vouch_hex_write() - bytes to hexadecimal.
 * @p: the bytes
 * @len: how many
 * @out: room for 2 * @len + 1 characters; NUL-terminated afterwards
 */
void vouch_hex_write(const void *p, size_t len, char *out);

/**
 * vouch_hex_read() - hexadecimal to bytes.
 * @hex: NUL-terminated; two lower-case digits a byte and nothing else
 * @out: room for @len bytes
 * @len: how many bytes there must be
 *
 * Return: 0, or -EINVAL if @hex is not exactly @len bytes of hexadecimal.
 */
int vouch_hex_read(const char *hex, void *out, size_t len);

/**
 * vouch_hex_json() - bytes as a JSON text.
 * @p: the bytes
 * @len: how many
 *
 * Return: a new text in hexadecimal, or NULL if memory is short.
 */
json_t *vouch_hex_json(const void *p, size_t len);

#endif /* VOUCH_HEX_H */
