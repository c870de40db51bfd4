// SPDX-License-Identifier: BSD-2-Clause

#include "section.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const struct {
	const char *section; /* up to the place */
	const char *kind;
	bool syscall; /* the place is a system call's name */
} kinds[] = {
	{ "kprobe/", "kprobe", false },
	{ "kretprobe/", "kretprobe", false },
	{ "ksyscall/", "kprobe", true },
	{ "kretsyscall/", "kretprobe", true },
	{ "tracepoint/", "tracepoint", false },
	{ "tp/", "tracepoint", false },
	{ "raw_tracepoint/", "raw_tp", false },
	{ "raw_tp/", "raw_tp", false },
	{ "tp_btf/", "tp_btf", false },
};

/* What a system call's function is named, before the call's own name. */
static const struct {
	const char *machine, *prefix;
} wrappers[] = {
	{ "x86_64", "__x64_sys_" },
	{ "aarch64", "__arm64_sys_" },
};

static const char *wrapper_prefix(void)
{
	struct utsname name;
	size_t i;

	if (uname(&name))
		return NULL;
	for (i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++)
		if (!strcmp(name.machine, wrappers[i].machine))
			return wrappers[i].prefix;
	return NULL;
}

int vouch_section_hook(const char *section, char *hook)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t n = strlen(kinds[i].section);
		const char *prefix = kinds[i].syscall ? wrapper_prefix() : "";
		char *slash;

		if (strncmp(section, kinds[i].section, n) || !section[n])
			continue;
		if (!prefix || snprintf(hook, VOUCH_TARGET_HOOK_LEN, "%s:%s%s",
					kinds[i].kind, prefix,
					section + n) >= VOUCH_TARGET_HOOK_LEN)
			return -ENOENT;
		slash = strchr(hook, '/');
		if (slash)
			*slash = ':';
		return 0;
	}
	return -ENOENT;
}
