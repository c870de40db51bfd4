// SPDX-License-Identifier: GPL-2.0-only

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "helpers/export.h"

static const struct {
	const char *name;
	u64 (*helper)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
} exports[] = {
#define ENTRY(kernel, name, gpl) { "vouch_bpf_" #name, vouch_bpf_##name },
	VOUCH_OFFERED_HELPERS(ENTRY)
};

#define EXPORT_0(name) EXPORT_SYMBOL_NS(vouch_bpf_##name, VOUCH);
#define EXPORT_1(name) EXPORT_SYMBOL_NS_GPL(vouch_bpf_##name, VOUCH);
#define EXPORT(kernel, name, gpl) EXPORT_##gpl(name)
VOUCH_OFFERED_HELPERS(EXPORT)

unsigned long vouch_export_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(exports); i++)
		if (!strcmp(exports[i].name, name))
			return (unsigned long)exports[i].helper;
	return 0;
}
