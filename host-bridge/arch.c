// SPDX-License-Identifier: BSD-2-Clause
/* Architectures that images can be linked for. */

#include <stdlib.h>

#include "arch.h"

static const struct vouch_arch *const archs[] = { &vouch_arch_x86 };

const struct vouch_arch *vouch_arch_of(const struct vouch_capture_view *cap)
{
	size_t i;

	for (i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (archs[i]->number == le32_to_cpu(cap->env->arch))
			return archs[i];
	return NULL;
}

void vouch_code_release(struct vouch_code *code)
{
	free(code->points);
	memset(code, 0, sizeof(*code));
}
