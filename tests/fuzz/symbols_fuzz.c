// SPDX-License-Identifier: BSD-2-Clause
/*
 * The file of a verifier kernel's symbols. A proper first line is put before
 * the input, unless it begins with a "b" of its own.
 *
 * Parser: host-bridge/symbols.c
 */

#include "fuzz.h"

#include "symbols.h"

static const char first[] =
	"build-id b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1\n";

/* Each name of the text is found; what is found lies in order. */
static void follow(const struct vouch_symbols *s, const char *text, size_t len)
{
	const char *line = memchr(text, '\n', len), *end = text + len;
	const u64 *at;
	char name[64];
	size_t n, i;

	if (!line)
		return;
	while (end - line > 1) {
		const char *next = memchr(line + 1, '\n', end - line - 1);
		size_t head = 1 + 16 + 1; /* newline, address, blank */

		fuzz_require(next && (size_t)(next - line) > head);
		n = next - line - head;
		if (n < sizeof(name)) {
			memcpy(name, line + head, n);
			name[n] = 0;
			n = vouch_symbols_find(s, name, &at);
			fuzz_require(n);
			for (i = 1; i < n; i++)
				fuzz_require(at[i - 1] <= at[i]);
		}
		line = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t before = len && data[0] == 'b' ? 0 : sizeof(first) - 1;
	struct vouch_symbols *s = NULL;
	const char *why = NULL;
	char *text = malloc(before + len + 1);
	int ret;

	if (!text)
		return 0;
	memcpy(text, first, before);
	memcpy(text + before, data, len);
	len += before;
	fuzz_alloc_arm((const u8 *)text, len);
	ret = vouch_symbols_parse(text, len, &s, &why);
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || (ret == -EINVAL && why));
	if (!ret) {
		fuzz_require(vouch_symbols_build_id(s));
		follow(s, text, len);
	}
	vouch_symbols_free(s);
	free(text);
	return 0;
}
