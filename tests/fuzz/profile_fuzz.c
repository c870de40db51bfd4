// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reader of target profiles.
 *
 * Parser: host-bridge/profile.c
 */

#include "fuzz.h"

#include "profile.h"

static void follow(const struct vouch_profile *profile)
{
	s64 value;

	vouch_profile_fact(profile, "module.size", &value);
	vouch_profile_config(profile, "CONFIG_RETHUNK");
	vouch_profile_offers(profile, "helpers", "vouch_bpf_map_lookup");
	fuzz_touch(vouch_profile_identity(profile), VOUCH_HASH_LEN);
	fuzz_require(vouch_profile_release(profile)[0]);
	fuzz_require(vouch_profile_vermagic(profile)[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_profile *profile = NULL;
	char why[256] = "";
	int err;

	fuzz_alloc_arm(data, len);
	err = vouch_profile_parse(data, len, &profile, why, sizeof(why));
	if (!fuzz_alloc_disarm())
		fuzz_require(!err || why[0]);
	if (err)
		return 0;
	follow(profile);
	vouch_profile_free(profile);
	return 0;
}
