// SPDX-License-Identifier: BSD-2-Clause
/* What the bridge knows of arm64. */

#include "../arch.h"
#include "link.h"
#include "numbers.h"
#include "passes.h"
#include "points.h"

static const char *const thunks[] = { NULL };

static const struct vouch_arch_option options[] = {
	{ "CONFIG_ARM64_BTI_KERNEL", "branch target identification" },
	{ NULL, NULL },
};

/* The JIT compares no addresses with it. */
static u64 user_end(u32 features)
{
	(void)features;
	return 0;
}

const struct vouch_arch vouch_arch_arm64 = {
	.name = "arm64",
	.number = VOUCH_ARCH_ARM64,
	.stack_align = 16,
	.slide_step = 2 << 20, /* MIN_KIMG_ALIGN */
	.slide_max = 1ull << 47, /* kaslr_early_init(), 48 bits of addresses */
	.return_thunks = thunks,
	.options = options,
	.link = &vouch_arm64_link,
	.user_end = user_end,
	.kernel_start = 0xfff0000000000000ull, /* with 52 bits */
	.kernel_end = 0xffffffffffff8000ull, /* offsets of eBPF are above */
	.numbers = vouch_arm64_numbers,
	.read_code = vouch_arm64_read_code,
	.check_pass = vouch_arm64_check_pass,
};
