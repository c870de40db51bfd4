/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target profiles: what an image is checked and linked against.
 *
 * A profile is one JSON object:
 *
 *	schema_version	1
 *	arch		"x86_64"
 *	release		utsname release of the target's kernel
 *	vermagic	of modules for it
 *	target_abi	VOUCH_TARGET_ABI of its vouch_target
 *	facts		integers: "module.size", "module.name.offset",
 *			"xdp_buff.data.offset", "xdp_buff.data.size", ...
 *	kconfig		configuration symbols, 1 if set and 0 if not; those
 *			that decide how to link must be there
 *	helpers		imports that its vouch_target offers
 *	map_types	names of map types, as in "percpu_hash"
 *	prog_types	names of program types, as in "xdp"
 *
 * Further members are allowed and mean nothing here. The identity of a
 * profile is the SHA-256 of the file's bytes.
 */
#ifndef VOUCH_PROFILE_H
#define VOUCH_PROFILE_H

#include "../common/base.h"

#define VOUCH_PROFILE_MAX (1u << 20) /* bytes of the file */

struct vouch_profile;

/**
 * vouch_profile_parse() - read a target profile.
 * @json: the file's bytes
 * @len: their number
 * @profile: set on success; release with vouch_profile_free()
 * @why: on error receives the NUL-terminated reason
 * @why_size: bytes of @why
 *
 * Return: 0, -EINVAL with @why, or -ENOMEM.
 */
int vouch_profile_parse(const void *json, size_t len,
			struct vouch_profile **profile, char *why,
			size_t why_size);

/**
 * vouch_profile_free() - release a profile.
 * @profile: may be NULL
 */
void vouch_profile_free(struct vouch_profile *profile);

/**
 * vouch_profile_identity() - the SHA-256 of the profile's bytes.
 * @profile: the profile
 *
 * Return: VOUCH_HASH_LEN bytes, owned by the profile.
 */
const u8 *vouch_profile_identity(const struct vouch_profile *profile);

/**
 * vouch_profile_release() - the target kernel's release.
 * @profile: the profile
 *
 * Return: the text, owned by the profile.
 */
const char *vouch_profile_release(const struct vouch_profile *profile);

/**
 * vouch_profile_vermagic() - the vermagic of modules for the target.
 * @profile: the profile
 *
 * Return: the text, owned by the profile, at most 127 bytes.
 */
const char *vouch_profile_vermagic(const struct vouch_profile *profile);

/**
 * vouch_profile_fact() - a number that the profile states.
 * @profile: the profile
 * @name: as in "module.size"
 * @value: set on success
 *
 * Return: 0, or -ENOENT if the profile says nothing about it.
 */
int vouch_profile_fact(const struct vouch_profile *profile, const char *name,
		       s64 *value);

/**
 * vouch_profile_config() - is a configuration symbol of the kernel set?
 * @profile: the profile
 * @name: as in "CONFIG_RETHUNK"
 *
 * Return: true if it is.
 */
bool vouch_profile_config(const struct vouch_profile *profile,
			  const char *name);

/**
 * vouch_profile_offers() - is a name in one of the profile's lists?
 * @profile: the profile
 * @list: "helpers", "map_types" or "prog_types"
 * @name: what is looked for
 *
 * Return: true if it is.
 */
bool vouch_profile_offers(const struct vouch_profile *profile, const char *list,
			  const char *name);

#endif /* VOUCH_PROFILE_H */
