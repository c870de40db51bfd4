// SPDX-License-Identifier: BSD-2-Clause
/* The table of common/helpers.h, for look-ups. */

#include "../common/helpers.h"
#include "../common/image.h"
#include "helper.h"

#define HELPER(kernel, name, gpl) { #kernel, VOUCH_EXPORT_PREFIX #name, gpl },

const struct vouch_helper vouch_helpers[] = { VOUCH_HELPERS(HELPER) };
const u32 vouch_n_helpers = sizeof(vouch_helpers) / sizeof(vouch_helpers[0]);

int vouch_helper_by_kernel(const char *symbol)
{
	u32 i;

	for (i = 0; i < vouch_n_helpers; i++)
		if (!strcmp(vouch_helpers[i].kernel, symbol))
			return (int)i;
	return -ENOENT;
}

int vouch_helper_by_import(const char *symbol)
{
	u32 i;

	for (i = 0; i < vouch_n_helpers; i++)
		if (!strcmp(vouch_helpers[i].import, symbol))
			return (int)i;
	return -ENOENT;
}
