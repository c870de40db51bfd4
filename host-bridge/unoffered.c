// SPDX-License-Identifier: BSD-2-Clause

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../common/unoffered.h"
#include "unoffered.h"

struct row {
	const char *name, *reason;
};

#define ROW(name, reason) { #name, reason },

static const struct row helpers[] = { VOUCH_HELPERS_REFUSED(ROW)
					      VOUCH_HELPERS_NONE(ROW) };
static const struct row map_types[] = { VOUCH_MAP_TYPES_REFUSED(ROW)
						VOUCH_MAP_TYPES_NONE(ROW) };
static const struct row prog_types[] = { VOUCH_PROG_TYPES_REFUSED(ROW)
						 VOUCH_PROG_TYPES_NONE(ROW) };

static const char OTHERWISE[] = "this target's kernel lacks what it needs";

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *find(const struct row *table, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(table[i].name, name))
			return table[i].reason;
	return OTHERWISE;
}

/* Words are between underscores. */
static bool has_words(const char *symbol, const char *name)
{
	const char *at = symbol;
	size_t len = strlen(name);

	while ((at = strstr(at, name))) {
		if ((at == symbol || at[-1] == '_') &&
		    (!at[len] || at[len] == '_'))
			return true;
		at++;
	}
	return false;
}

const char *vouch_unoffered_helper(const char *symbol)
{
	const struct row *best = NULL;
	size_t i;

	for (i = 0; i < COUNT(helpers); i++)
		if (has_words(symbol, helpers[i].name) &&
		    (!best || strlen(helpers[i].name) > strlen(best->name)))
			best = &helpers[i];
	return best ? best->reason : "it is not one of Linux 6.1's helpers";
}

const char *vouch_unoffered_map_type(const char *name)
{
	return find(map_types, COUNT(map_types), name);
}

const char *vouch_unoffered_prog_type(const char *name)
{
	return find(prog_types, COUNT(prog_types), name);
}
