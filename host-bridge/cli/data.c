// SPDX-License-Identifier: BSD-2-Clause
/* Keys and values on the command line. */

#include "data.h"

#include <ctype.h>
#include <stdlib.h>

static bool read_number(const char *word, int base, u64 max, u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(word, &end, base);
	return isxdigit((unsigned char)*word) && !*end && !errno &&
	       *number <= max;
}

static u64 max_of(size_t len)
{
	return len >= 8 ? UINT64_MAX : (1ull << (8 * len)) - 1;
}

/* Words up to the next that opens another part of the command. */
static int count_words(char **words, int n)
{
	static const char *const ends[] = { "value", "path",  "map",
					    "any",   "exist", "noexist" };
	int count;
	size_t i;

	for (count = 0; count < n; count++)
		for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			if (!strcmp(words[count], ends[i]))
				return count;
	return count;
}

static int read_integer(const char *word, size_t len, u8 *out,
			struct vouch_failure *f)
{
	u64 number;
	size_t i;

	if (!read_number(word, 0, max_of(len), &number))
		return vouch_fail_why(f, "\"%s\" is no integer of %zu bytes",
				      word, len);
	for (i = 0; i < len; i++)
		out[i] = (u8)(number >> (8 * i));
	return 1;
}

int vouch_data_read(char **words, int n, size_t len, u8 *out,
		    struct vouch_failure *f)
{
	bool hex = n > 0 && !strcmp(words[0], "hex");
	int count = count_words(words + hex, n - hex), i;

	f->err = -EINVAL;
	f->exit = VOUCH_EXIT_USAGE;
	vouch_fail_next(f,
			"give %zu bytes as \"1 0 0x2a\" or \"hex 01 00 2a\""
			"%s",
			len, len && len <= 8 ? ", or one integer" : "");
	if (count == 1 && !hex && len && len <= 8)
		return read_integer(words[0], len, out, f);
	if ((size_t)count != len)
		return vouch_fail_why(f, "there are %d bytes, not %zu", count,
				      len);
	for (i = 0; i < count; i++) {
		u64 byte;

		if (!read_number(words[hex + i], hex ? 16 : 0, 255, &byte))
			return vouch_fail_why(f, "\"%s\" is no byte",
					      words[hex + i]);
		out[i] = (u8)byte;
	}
	return hex + count;
}
