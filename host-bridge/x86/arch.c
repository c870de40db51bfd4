// SPDX-License-Identifier: BSD-2-Clause
/* What the bridge knows of x86-64. */

#include "../../common/image.h"
#include "../arch.h"
#include "link.h"
#include "numbers.h"
#include "passes.h"
#include "points.h"

/* What JITs of mitigated kernels jump to instead of returning. */
static const char *const thunks[] = {
	"__x86_return_thunk",	 "srso_return_thunk", "srso_alias_return_thunk",
	"retbleed_return_thunk", "its_return_thunk",  NULL,
};

static const struct vouch_arch_option options[] = {
	{ "CONFIG_RETHUNK", NULL },
	{ "CONFIG_RETPOLINE", NULL },
	{ "CONFIG_X86_KERNEL_IBT", "indirect branch tracking" },
	{ NULL, NULL },
};

/* TASK_SIZE_MAX is a page less, to which do_jit() adds a page. */
static u64 user_end(u32 features)
{
	return 1ull << (features & VOUCH_FEATURE_LA57 ? 56 : 47);
}

const struct vouch_arch vouch_arch_x86 = {
	.name = "x86_64",
	.number = VOUCH_ARCH_X86_64,
	.stack_align = 8,
	.slide_step = 2 << 20, /* CONFIG_PHYSICAL_ALIGN */
	.slide_max = 1 << 30, /* KERNEL_IMAGE_SIZE */
	.return_thunks = thunks,
	.indirect_thunk = VOUCH_INDIRECT_THUNK,
	.options = options,
	.link = &vouch_x86_link,
	.user_end = user_end,
	.kernel_start = 0xffff800000000000ull,
	.kernel_end = 0xfffffffffffff000ull,
	.numbers = vouch_x86_numbers,
	.read_code = vouch_x86_read_code,
	.check_pass = vouch_x86_check_pass,
};
