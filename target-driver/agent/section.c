// SPDX-License-Identifier: BSD-2-Clause

#include "section.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *section; /* up to the place */
	const char *kind;
} kinds[] = {
	{ "kprobe/", "kprobe" },	 { "kretprobe/", "kretprobe" },
	{ "tracepoint/", "tracepoint" }, { "tp/", "tracepoint" },
	{ "raw_tracepoint/", "raw_tp" }, { "raw_tp/", "raw_tp" },
	{ "tp_btf/", "tp_btf" },
};

int vouch_section_hook(const char *section, char *hook)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t n = strlen(kinds[i].section);
		char *slash;

		if (strncmp(section, kinds[i].section, n) || !section[n])
			continue;
		if (snprintf(hook, VOUCH_TARGET_HOOK_LEN, "%s:%s",
			     kinds[i].kind,
			     section + n) >= VOUCH_TARGET_HOOK_LEN)
			return -ENOENT;
		slash = strchr(hook, '/');
		if (slash)
			*slash = ':';
		return 0;
	}
	return -ENOENT;
}
