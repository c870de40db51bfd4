/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Target profiles: what an image is checked and linked against.
 *
 * common/profile_file.h is the form of the file. Its JSON part is one object:
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
 *	hooks		kinds of hooks, as in "xdp"
 *
 * Further members are for people and mean nothing here.
 *
 * A profile is a trusted input: a lie in it is a wrong access to the target's
 * memory. Hence the signature, which is checked before anything is read.
 */
#ifndef VOUCH_PROFILE_H
#define VOUCH_PROFILE_H

#include "../common/profile_file.h"
#include "../common/retarget.h"

#define VOUCH_PROFILE_CERTS 8u /* who may sign profiles */

/* In the place of a program type: the program uses __sk_buff.tstamp_type, and
 * what becomes of some other fields depends on that. */
#define VOUCH_PROFILE_TSTAMP_TYPE 0x80000000u

struct vouch_profile;

/* A certificate of a profile key, in DER. */
struct vouch_profile_cert {
	const void *der;
	size_t len; /* bytes */
};

/**
 * vouch_profile_open() - check a profile's signature and read it.
 * @file: the whole file
 * @len: its length in bytes
 * @certs: of those who may sign profiles
 * @n_certs: their number
 * @profile: set on success; release with vouch_profile_free()
 * @why: on error receives the NUL-terminated reason
 * @why_size: bytes of @why
 *
 * Return: 0, -EKEYREJECTED or -EINVAL with @why, or -ENOMEM.
 */
int vouch_profile_open(const void *file, size_t len,
		       const struct vouch_profile_cert *certs, u32 n_certs,
		       struct vouch_profile **profile, char *why,
		       size_t why_size);

/**
 * vouch_profile_parse() - read a target profile, whoever made it.
 * @data: the file's bytes without the signature
 * @len: their number
 * @profile: set on success; release with vouch_profile_free()
 * @why: on error receives the NUL-terminated reason
 * @why_size: bytes of @why
 *
 * Return: 0, -EINVAL with @why, or -ENOMEM.
 */
int vouch_profile_parse(const void *data, size_t len,
			struct vouch_profile **profile, char *why,
			size_t why_size);

/**
 * vouch_profile_free() - release a profile.
 * @profile: may be NULL
 */
void vouch_profile_free(struct vouch_profile *profile);

/**
 * vouch_profile_identity() - the SHA-256 of all but the signature.
 * @profile: the profile
 *
 * Return: VOUCH_HASH_LEN bytes, owned by the profile.
 */
const u8 *vouch_profile_identity(const struct vouch_profile *profile);

/**
 * vouch_profile_arch() - the target's architecture.
 * @profile: the profile
 *
 * Return: what it owns; see arch.h.
 */
const struct vouch_arch *
vouch_profile_arch(const struct vouch_profile *profile);

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
 * @list: "helpers", "map_types", "prog_types" or "hooks"
 * @name: what is looked for
 *
 * Return: true if it is.
 */
bool vouch_profile_offers(const struct vouch_profile *profile, const char *list,
			  const char *name);

/**
 * vouch_profile_text() - a text of the profile's, for people.
 * @profile: the profile
 * @name: of the member, as in "build_id"
 *
 * Return: the text, owned by the profile, or NULL.
 */
const char *vouch_profile_text(const struct vouch_profile *profile,
			       const char *name);

/**
 * vouch_profile_list() - how many names a list of the profile's has.
 * @profile: the profile
 * @list: as for vouch_profile_offers(), or "tracepoints"
 *
 * Return: their number.
 */
size_t vouch_profile_list(const struct vouch_profile *profile,
			  const char *list);

/**
 * vouch_profile_btf() - the layout of the target's kernel.
 * @profile: the profile
 * @len: receives the number of bytes; 0 if the profile has none
 *
 * Return: raw BTF, owned by the profile; its header was checked, its types
 * were not.
 */
const void *vouch_profile_btf(const struct vouch_profile *profile, size_t *len);

/**
 * vouch_profile_kconfig() - the configuration of the target's kernel.
 * @profile: the profile
 * @len: receives the number of bytes
 *
 * Return: lines CONFIG_NAME=VALUE, owned by the profile; no NUL behind them.
 */
const char *vouch_profile_kconfig(const struct vouch_profile *profile,
				  size_t *len);

/**
 * vouch_profile_oracle() - how many accesses the oracle knows.
 * @profile: the profile
 *
 * Return: their number.
 */
u32 vouch_profile_oracle(const struct vouch_profile *profile);

/**
 * vouch_profile_convert() - what the target has in place of an access.
 * @profile: the profile
 * @prog_type: enum bpf_prog_type of the program, with
 *	VOUCH_PROFILE_TSTAMP_TYPE if it uses that field
 * @base: enum vouch_base of the access; not VOUCH_BASE_BTF
 * @insn: the access as in the program; of VOUCH_BASE_PROLOGUE, the program's
 *	first instruction
 * @out: receives instructions
 * @n_insns: receives their number
 * @target_size: receives the bytes of the field where it is loaded from, or 0
 *
 * The load of a part of a field is answered as that of the whole field: who
 * calls this narrows, as the kernel does. A context that is the same in every
 * kernel (registers, arguments, records) is answered with the access itself.
 *
 * Return: 0, or -ENOENT if the target refuses that access.
 */
int vouch_profile_convert(const struct vouch_profile *profile, u32 prog_type,
			  u32 base, const u8 insn[8],
			  u8 out[VOUCH_MAX_SEQUENCE][8], u32 *n_insns,
			  u32 *target_size);

#endif /* VOUCH_PROFILE_H */
