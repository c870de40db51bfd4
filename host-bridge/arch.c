// SPDX-License-Identifier: BSD-2-Clause
/* Architectures that images can be linked for. */

#include <stdlib.h>

#include "arch.h"

const struct vouch_arch_option vouch_arch_any[] = {
	{ "CONFIG_CFI_CLANG", "kCFI" },
	{ "CONFIG_MODVERSIONS", "symbol versions" },
	{ "CONFIG_PREEMPT_RT", "PREEMPT_RT" },
	{ NULL, NULL },
};

static const struct vouch_arch *const archs[] = { &vouch_arch_x86,
						  &vouch_arch_arm64 };

const struct vouch_arch *vouch_arch_by_number(u32 number)
{
	size_t i;

	for (i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (archs[i]->number == number)
			return archs[i];
	return NULL;
}

const struct vouch_arch *vouch_arch_of(const struct vouch_capture_view *cap)
{
	return vouch_arch_by_number(le32_to_cpu(cap->env->arch));
}

const struct vouch_arch *vouch_arch_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (!strcmp(archs[i]->name, name))
			return archs[i];
	return NULL;
}

void vouch_code_release(struct vouch_code *code)
{
	free(code->points);
	memset(code, 0, sizeof(*code));
}
