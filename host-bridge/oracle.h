/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The oracle: what a target's kernel puts in place of each access to a context
 * or a socket. It is a part of the profile, made by the target's own
 * functions.
 *
 * A struct vouch_oracle_head; then its entries, ascending in all that says
 * which access one is for, each access once; then templates; then the
 * instructions of templates. All integers are little-endian.
 *
 * An entry whose access is narrower than the field is the load of a part: the
 * kernel loads the whole field, and narrows itself; such an entry has no
 * templates, and one for the field must be there. Registers in a template have
 * roles, so that one serves all pairs of registers but those that are equal,
 * for which there is another.
 */
#ifndef VOUCH_ORACLE_H
#define VOUCH_ORACLE_H

#include "../common/retarget.h"

#define VOUCH_ORACLE_MAGIC "VOUCHORC"
#define VOUCH_ORACLE_VERSION 1
#define VOUCH_ORACLE_MAX (4u << 20) /* bytes */
#define VOUCH_ORACLE_NONE 0xffffu /* no template */

/* Registers of a template from 0 to 11 are themselves. */
enum vouch_oracle_role {
	VOUCH_ORACLE_DST = 12, /* of the access */
	VOUCH_ORACLE_SRC = 13,
	VOUCH_ORACLE_TMP = 14, /* the highest up to r9 that is neither */
};

struct vouch_oracle_head {
	u8 magic[8];
	__le32 version;
	__le32 n_entries;
	__le32 n_templates;
	__le32 n_insns;
};
VOUCH_ASSERT_SIZE(struct vouch_oracle_head, 24);

struct vouch_oracle_entry {
	__le16 prog_type; /* 0: any, for sockets */
	u8 base; /* enum vouch_base; not BTF */
	u8 tstamp_type; /* 1: of programs that use tstamp_type */
	u8 write; /* 0 or 1 */
	u8 size; /* of the access, bytes; 0: prologue */
	__le16 offset; /* of the access, bytes */
	u8 field_size; /* bytes, if a part may be loaded; else 0 */
	u8 target_size; /* as in struct vouch_access */
	__le16 other; /* template where the registers differ */
	__le16 same; /* template where they do not */
	u8 reserved[2]; /* zero */
};
VOUCH_ASSERT_SIZE(struct vouch_oracle_entry, 16);

struct vouch_oracle_template {
	__le32 first; /* index of its first instruction */
	__le32 n_insns; /* 1 to VOUCH_MAX_SEQUENCE - 1 */
};
VOUCH_ASSERT_SIZE(struct vouch_oracle_template, 8);

/* As struct bpf_insn; registers are roles. All zero: the first instruction of
 * the program, in a prologue. */
struct vouch_oracle_insn {
	u8 code;
	u8 registers; /* destination, and source << 4 */
	__le16 off;
	__le32 imm;
};
VOUCH_ASSERT_SIZE(struct vouch_oracle_insn, 8);

/* A table that was parsed: pointers into the caller's bytes. */
struct vouch_oracle {
	const struct vouch_oracle_entry *entries;
	const struct vouch_oracle_template *templates;
	const struct vouch_oracle_insn *insns;
	u32 n_entries, n_templates, n_insns;
};

/* Which access it is, of which program. */
struct vouch_oracle_key {
	u32 prog_type; /* enum bpf_prog_type */
	u32 base; /* enum vouch_base */
	bool tstamp_type; /* the program uses __sk_buff.tstamp_type */
};

/**
 * vouch_oracle_parse() - hold bytes against the form of a table.
 * @data: the bytes, 8-byte aligned; must outlive @oracle
 * @len: their number
 * @oracle: filled on success
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_oracle_parse(const void *data, size_t len,
		       struct vouch_oracle *oracle, const char **why);

/**
 * vouch_oracle_convert() - what the target has in place of an access.
 * @oracle: the table
 * @key: whose access it is, and through what
 * @insn: the access as in the program; of a prologue, the first instruction
 * @out: receives instructions, registers put in
 * @n_insns: receives their number
 * @target_size: receives the bytes of the field where it is loaded from, or 0
 *
 * The load of a part is answered as that of the whole field.
 *
 * Return: 0, or -ENOENT if the target refuses such an access.
 */
int vouch_oracle_convert(const struct vouch_oracle *oracle,
			 const struct vouch_oracle_key *key, const u8 insn[8],
			 u8 out[VOUCH_MAX_SEQUENCE][8], u32 *n_insns,
			 u32 *target_size);

#endif /* VOUCH_ORACLE_H */
