// SPDX-License-Identifier: BSD-2-Clause
/* The reader of target profiles. */

#include "profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vouch_profile *profile;
	char why[256];
	s64 value;

	if (vouch_profile_parse(data, size, &profile, why, sizeof(why)))
		return 0;
	vouch_profile_fact(profile, "module.size", &value);
	vouch_profile_config(profile, "CONFIG_RETHUNK");
	vouch_profile_offers(profile, "helpers", "vouch_bpf_map_lookup");
	if (!vouch_profile_vermagic(profile)[0])
		__builtin_trap();
	vouch_profile_free(profile);
	return 0;
}
