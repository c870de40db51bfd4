// SPDX-License-Identifier: BSD-2-Clause
/* Types by name. */

#include <stdlib.h>

#include "btf_names.h"

#define FLAVOUR "___"

/* The last one counts, and a name cannot be all flavour. */
static size_t length_of(const char *name)
{
	const char *p = name, *found = NULL;

	while (*p && (p = strstr(p + 1, FLAVOUR)))
		if (p[-1] != '_' && p[sizeof(FLAVOUR) - 1] &&
		    p[sizeof(FLAVOUR) - 1] != '_')
			found = p;
	return found ? (size_t)(found - name) : strlen(name);
}

static int compare(const char *a, const char *b)
{
	size_t x = length_of(a), y = length_of(b);
	int ret = memcmp(a, b, x < y ? x : y);

	return ret ? ret : x < y ? -1 : x > y;
}

static const char *name_of(const struct vouch_types *types, u32 id)
{
	struct vouch_type type;

	return vouch_types_get(types, id, &type)
		       ? vouch_types_name(types, type.t.name_off)
		       : "";
}

static int compare_ids(const void *a, const void *b, void *types)
{
	return compare(name_of(types, *(const u32 *)a),
		       name_of(types, *(const u32 *)b));
}

int vouch_btf_names_make(struct vouch_btf_names *names,
			 const struct vouch_types *types)
{
	u32 id;

	names->types = types;
	names->n = 0;
	names->ids = calloc((size_t)types->n + 1, sizeof(*names->ids));
	if (!names->ids)
		return -ENOMEM;
	for (id = 1; id <= types->n; id++)
		if (*name_of(types, id))
			names->ids[names->n++] = id;
	qsort_r(names->ids, names->n, sizeof(*names->ids), compare_ids,
		(void *)types);
	return 0;
}

void vouch_btf_names_free(struct vouch_btf_names *names)
{
	free(names->ids);
	memset(names, 0, sizeof(*names));
}

u32 vouch_btf_names_find(const struct vouch_btf_names *names, const char *name,
			 const u32 **ids)
{
	u32 low = 0, high = names->n, n = 0;

	if (!*name)
		return 0;
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (compare(name_of(names->types, names->ids[mid]), name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ids = names->ids + low;
	while (low + n < names->n &&
	       !compare(name_of(names->types, names->ids[low + n]), name))
		n++;
	return n;
}

bool vouch_btf_names_alike(const char *a, const char *b)
{
	return !compare(a, b);
}
