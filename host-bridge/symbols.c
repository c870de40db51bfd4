// SPDX-License-Identifier: BSD-2-Clause
/* Symbols of a verifier kernel. */

#include <stdlib.h>

#include "../common/hex.h"
#include "symbols.h"

#define MAX_SYMBOLS (1u << 20)
#define ADDRESS_DIGITS 16

static const char HEAD[] = "build-id ";

struct symbol {
	const char *name; /* in text */
	u64 address;
};

struct vouch_symbols {
	u8 build_id[VOUCH_BUILD_ID_LEN];
	char *text; /* lines, each ended by a NUL */
	const char **names; /* ascending, equal ones by address */
	u64 *addresses; /* of them */
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int cmp = strcmp(x->name, y->name);

	if (cmp)
		return cmp;
	return x->address < y->address ? -1 : x->address > y->address;
}

static bool read_address(const char *digits, u64 *address)
{
	int i;

	*address = 0;
	for (i = 0; i < ADDRESS_DIGITS; i++) {
		char c = digits[i];

		if (c >= '0' && c <= '9')
			*address = *address << 4 | (u64)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*address = *address << 4 | (u64)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The next line, ended by a NUL; NULL behind the last one. */
static char *next_line(char **at, const char *end)
{
	char *line = *at, *stop;

	if (line == end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	if (!stop)
		return NULL;
	*stop = 0;
	*at = stop + 1;
	return line;
}

static const char *read_head(struct vouch_symbols *s, const char *line)
{
	size_t len = sizeof(HEAD) - 1;

	if (!line || strncmp(line, HEAD, len) ||
	    vouch_hex_read(line + len, s->build_id, VOUCH_BUILD_ID_LEN))
		return "the first line is not \"build-id\" and 40 digits";
	return NULL;
}

static const char *read_line(const char *line, struct symbol *symbol)
{
	const char *c = line + ADDRESS_DIGITS;

	if (strnlen(line, ADDRESS_DIGITS + 2) < ADDRESS_DIGITS + 2 ||
	    *c++ != ' ' || !read_address(line, &symbol->address))
		return "a line is not an address, a blank and a name";
	symbol->name = c;
	for (; *c; c++)
		if (*c <= ' ' || *c > '~')
			return "a name is not printable ASCII";
	return NULL;
}

static const char *read_lines(char *at, const char *end, struct symbol *list,
			      size_t max, size_t *n)
{
	const char *why = NULL;
	char *line;

	while (!why && (line = next_line(&at, end))) {
		if (*n == max)
			return "too many symbols";
		why = read_line(line, &list[(*n)++]);
	}
	if (!why && at != end)
		why = "the last line is cut off";
	return why || *n ? why : "there are no symbols";
}

static int keep(struct vouch_symbols *s, struct symbol *list, size_t n)
{
	size_t i;

	s->names = calloc(n, sizeof(*s->names));
	s->addresses = calloc(n, sizeof(*s->addresses));
	if (!s->names || !s->addresses)
		return -ENOMEM;
	qsort(list, n, sizeof(*list), compare);
	for (i = 0; i < n; i++) {
		s->names[i] = list[i].name;
		s->addresses[i] = list[i].address;
	}
	s->n = n;
	return 0;
}

/* The shortest line has an address, a blank, a letter and its end. */
static size_t most_lines(size_t len)
{
	size_t n = len / (ADDRESS_DIGITS + 3) + 1;

	return n < MAX_SYMBOLS ? n : MAX_SYMBOLS;
}

static int parse(struct vouch_symbols *s, const void *text, size_t len,
		 const char **why)
{
	size_t n = 0, max = most_lines(len);
	struct symbol *list = calloc(max, sizeof(*list));
	char *at;
	int err;

	s->text = malloc(len + 1);
	if (!list || !s->text) {
		free(list);
		return -ENOMEM;
	}
	memcpy(s->text, text, len);
	at = s->text;
	*why = read_head(s, next_line(&at, s->text + len));
	if (!*why)
		*why = read_lines(at, s->text + len, list, max, &n);
	err = *why ? -EINVAL : keep(s, list, n);
	free(list);
	return err;
}

int vouch_symbols_parse(const void *text, size_t len,
			struct vouch_symbols **symbols, const char **why)
{
	struct vouch_symbols *s;
	int err;

	*why = "it is empty or larger than 32 MiB";
	if (!len || len > VOUCH_SYMBOLS_MAX)
		return -EINVAL;
	/* It would hide what is behind it in its line. */
	*why = "it is not text";
	if (memchr(text, 0, len))
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	err = parse(s, text, len, why);
	if (err) {
		vouch_symbols_free(s);
		return err;
	}
	*symbols = s;
	return 0;
}

void vouch_symbols_free(struct vouch_symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->text);
	free(symbols->names);
	free(symbols->addresses);
	free(symbols);
}

const u8 *vouch_symbols_build_id(const struct vouch_symbols *symbols)
{
	return symbols->build_id;
}

size_t vouch_symbols_find(const struct vouch_symbols *symbols, const char *name,
			  const u64 **address)
{
	size_t low = 0, high = symbols->n, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(symbols->names[mid], name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*address = symbols->addresses + low;
	while (low + n < symbols->n && !strcmp(symbols->names[low + n], name))
		n++;
	return n;
}
