/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Retargeting: a program is verified on one kernel's layout and gets another
 * one's before it is compiled.
 *
 * An access is a load or store whose base the verifier typed as a context, a
 * socket or a BTF pointer, or the prologue that the kernel puts in front of a
 * program. The verifier kernel turns it into instructions that know where the
 * field lies; the target's kernel would have chosen others. The guest tells
 * of each access in the capture (struct vouch_access); the bridge knows what
 * the target would do, and sends replacements (struct vouch_replacement) for
 * a second load, in which the module puts them in place.
 *
 * A list of replacements is a struct vouch_retarget_head, followed by
 * n_entries times { struct vouch_replacement, n_insns instructions of eight
 * bytes }, ascending by program and instruction. It has each access of every
 * program that it names, changed or not.
 *
 * Instructions are struct bpf_insn as they lie in memory, of a little-endian
 * machine. All integers are little-endian; reserved bytes are zero.
 */
#ifndef VOUCH_RETARGET_H
#define VOUCH_RETARGET_H

#include "base.h"

#define VOUCH_RETARGET_MAGIC "VOUCHRTG"
#define VOUCH_RETARGET_VERSION 1

/* Bounds that both sides keep. */
#define VOUCH_MAX_ACCESSES 65536u /* per program */
#define VOUCH_MAX_SEQUENCE                          \
	16u /* instructions in place of one; as the \
	     * verifier's insn_buf */
#define VOUCH_RETARGET_MAX (16u << 20) /* bytes of a list */
#define VOUCH_INSN_LEN 8u /* bytes of an instruction */

#define VOUCH_ACCESS_PROLOGUE 0xffffffffu /* index of the prologue */

enum vouch_base {
	VOUCH_BASE_PROLOGUE = 1, /* of a program that writes packets, or so */
	VOUCH_BASE_CTX = 2,
	VOUCH_BASE_SOCKET = 3, /* struct bpf_sock of a full socket */
	VOUCH_BASE_SOCK_COMMON = 4,
	VOUCH_BASE_TCP_SOCK = 5,
	VOUCH_BASE_XDP_SOCK = 6,
	VOUCH_BASE_BTF = 7, /* a kernel structure */
};

/* In a capture, followed by n_insns instructions: what is in its place. */
struct vouch_access {
	__le32 insn; /* index after verification, before any conversion;
		      * or VOUCH_ACCESS_PROLOGUE */
	__le32 base; /* enum vouch_base */
	u8 code[8]; /* the instruction; PROLOGUE: the program's first */
	__le32 field_size; /* bytes that the verifier lets a field have, so
			    * that a load may be of a part; 0: BTF, PROLOGUE */
	__le32 structure; /* BTF: id in the verifier kernel's BTF */
	__le32 offset; /* BTF: as the verifier walked it, bytes */
	__le32 size; /* BTF: likewise */
	__le32 n_insns; /* at most VOUCH_MAX_SEQUENCE */
	__le32 target_size; /* bytes of the field where it is loaded from, as
			     * convert_ctx_access() says; else 0 */
};
VOUCH_ASSERT_SIZE(struct vouch_access, 40);

struct vouch_retarget_head {
	u8 magic[8];
	__le32 version;
	__le32 n_entries;
	__le64 size; /* of the list, this header included */
};
VOUCH_ASSERT_SIZE(struct vouch_retarget_head, 24);

struct vouch_replacement {
	__le32 prog; /* index, in the order of the object */
	__le32 insn; /* as in struct vouch_access */
	__le32 base;
	u8 expected[8]; /* the instruction that must be there */
	__le32 n_insns;
	__le32 target_size;
	__le32 reserved;
};
VOUCH_ASSERT_SIZE(struct vouch_replacement, 32);

/**
 * vouch_access_form_ok() - can an access, or a replacement, be of that form?
 * @base: enum vouch_base
 * @insn: index of the instruction, or VOUCH_ACCESS_PROLOGUE
 * @n_insns: instructions in its place
 * @target_size: bytes of the field where it is loaded from
 *
 * A prologue has the prologue's index and nothing else has; there are 1 to
 * VOUCH_MAX_SEQUENCE instructions in an access's place, 1 in that of a BTF
 * pointer's; only contexts and sockets have a @target_size, up to 8.
 *
 * Return: true if it can.
 */
static inline bool vouch_access_form_ok(u32 base, u32 insn, u32 n_insns,
					u32 target_size)
{
	bool expands = base > VOUCH_BASE_PROLOGUE && base < VOUCH_BASE_BTF;

	return base >= VOUCH_BASE_PROLOGUE && base <= VOUCH_BASE_BTF &&
	       (base == VOUCH_BASE_PROLOGUE) ==
		       (insn == VOUCH_ACCESS_PROLOGUE) &&
	       n_insns && n_insns <= VOUCH_MAX_SEQUENCE &&
	       (base != VOUCH_BASE_BTF || n_insns == 1) &&
	       target_size <= (expands ? 8 : 0);
}

/**
 * vouch_retarget_parse() - validate a list of replacements.
 * @buf: the list; aligned to 8 bytes
 * @len: its length in bytes
 * @why: set to a constant text that says what is wrong, on error
 *
 * Every count, order, form and reserved byte is checked, so that a caller may
 * follow vouch_retarget_next() without a check of its own.
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_retarget_parse(const void *buf, size_t len, const char **why);

/**
 * vouch_retarget_next() - walk a list that was parsed.
 * @buf: the list
 * @last: the entry before the one that is wanted; NULL: the first
 *
 * Return: the entry, whose instructions follow it, or NULL behind the last.
 */
const struct vouch_replacement *
vouch_retarget_next(const void *buf, const struct vouch_replacement *last);

#endif /* VOUCH_RETARGET_H */
