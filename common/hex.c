// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Binary data as lower-case hexadecimal. */

#include "hex.h"

#include <stdlib.h>

void vouch_hex_write(const void *p, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const u8 *b = p;

	for (; len; len--, b++) {
		*out++ = digits[*b >> 4];
		*out++ = digits[*b & 15];
	}
	*out = 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int vouch_hex_read(const char *hex, void *out, size_t len)
{
	u8 *b = out;
	size_t i;

	if (strlen(hex) != 2 * len)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		b[i] = (u8)(high << 4 | low);
	}
	return 0;
}

json_t *vouch_hex_json(const void *p, size_t len)
{
	char *hex = malloc(2 * len + 1);
	json_t *text;

	if (!hex)
		return NULL;
	vouch_hex_write(p, len, hex);
	text = json_string(hex);
	free(hex);
	return text;
}
