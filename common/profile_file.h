/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file of a target profile.
 *
 * A struct vouch_profile_head; then VOUCH_PROFILE_PARTS times a struct
 * vouch_profile_part, in the order of enum vouch_profile_kind; then the
 * parts themselves in that order, each at the next offset that is a multiple
 * of eight, zero bytes between and behind the last one. That is head.size
 * bytes; their SHA-256 is the identity of the profile, which vouch_target is
 * built with. To the end of the file follows a CMS signature over them in
 * DER, detached, of the same fixed shape as that of an image: one signer, RSA
 * of 3072 bits, SHA-256, no attributes, no certificates. It is the profile
 * key's, which signs nothing else.
 *
 * All integers are little-endian.
 */
#ifndef VOUCH_PROFILE_FILE_H
#define VOUCH_PROFILE_FILE_H

#include "base.h"

#define VOUCH_PROFILE_MAGIC "VOUCHPRF"
#define VOUCH_PROFILE_VERSION 1

#define VOUCH_PROFILE_MAX (32u << 20) /* bytes of the file */
#define VOUCH_PROFILE_MAX_SIG 1024u /* bytes of the CMS */

enum vouch_profile_kind {
	VOUCH_PROFILE_JSON, /* facts, names and lists: profile.h */
	VOUCH_PROFILE_BTF, /* layout of the kernel, as raw BTF */
	VOUCH_PROFILE_ORACLE, /* what becomes of accesses: oracle.h */
	VOUCH_PROFILE_KCONFIG, /* a line CONFIG_NAME=VALUE for each option */
	VOUCH_PROFILE_PARTS,
};

struct vouch_profile_head {
	u8 magic[8];
	__le32 version;
	__le32 n_parts;
	__le64 size; /* of all but the signature */
};
VOUCH_ASSERT_SIZE(struct vouch_profile_head, 24);

struct vouch_profile_part {
	__le32 kind;
	__le32 reserved; /* zero */
	__le64 offset; /* in the file */
	__le64 size;
};
VOUCH_ASSERT_SIZE(struct vouch_profile_part, 24);

#endif /* VOUCH_PROFILE_FILE_H */
