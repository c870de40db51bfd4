// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reader of target profiles, and what it answers about accesses.
 *
 * Parser: host-bridge/profile.c host-bridge/profile_parts.c
 * Parser: host-bridge/oracle.c
 */

#include "fuzz.h"

#include "profile.h"

/* Whatever the last bytes ask about. */
static void ask(const struct vouch_profile *profile, const u8 *data, size_t len)
{
	u8 insn[8], out[VOUCH_MAX_SEQUENCE][8];
	u32 n = 0, target_size, type, i;

	if (len < 16)
		return;
	memcpy(insn, data + len - 8, sizeof(insn));
	memcpy(&type, data + len - 16, sizeof(type));
	for (i = 0; i < 8; i++) {
		if (vouch_profile_convert(profile, type, i, insn, out, &n,
					  &target_size))
			continue;
		fuzz_require(n && n < VOUCH_MAX_SEQUENCE);
		fuzz_touch(out, n * sizeof(out[0]));
	}
}

static void follow(const struct vouch_profile *profile)
{
	const void *part;
	size_t len;
	s64 value;

	vouch_profile_fact(profile, "module.size", &value);
	vouch_profile_config(profile, "CONFIG_RETHUNK");
	vouch_profile_offers(profile, "helpers", "vouch_bpf_map_lookup");
	fuzz_touch(vouch_profile_identity(profile), VOUCH_HASH_LEN);
	fuzz_require(vouch_profile_release(profile)[0]);
	fuzz_require(vouch_profile_vermagic(profile)[0]);
	part = vouch_profile_btf(profile, &len);
	fuzz_touch(part, len);
	part = vouch_profile_kconfig(profile, &len);
	fuzz_touch(part, len);
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
	ask(profile, data, len);
	vouch_profile_free(profile);
	return 0;
}
