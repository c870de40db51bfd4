/* SPDX-License-Identifier: BSD-2-Clause */
/* Target profiles that lie in files, with the certificates of those who sign
 * them. */
#ifndef VOUCH_PROFILE_LOAD_H
#define VOUCH_PROFILE_LOAD_H

#include "profile.h"

/**
 * vouch_profile_load() - read a profile's file, and check who signed it.
 * @path: of the profile
 * @certs: paths of certificates of profile keys, in DER
 * @n_certs: their number, at most VOUCH_PROFILE_CERTS
 * @profile: set on success; release with vouch_profile_free()
 * @why: on error receives the NUL-terminated reason, which names a file that
 *	is not @path
 * @why_size: bytes of @why
 *
 * Return: 0, -EKEYREJECTED if none of them signed it, -EINVAL if it is none,
 * or another -errno.
 */
int vouch_profile_load(const char *path, const char *const *certs, u32 n_certs,
		       struct vouch_profile **profile, char *why,
		       size_t why_size);

#endif /* VOUCH_PROFILE_LOAD_H */
