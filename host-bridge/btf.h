/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Type information of a kernel (BTF), read with libbpf, which nothing else of
 * the bridge uses.
 */
#ifndef VOUCH_KBTF_H
#define VOUCH_KBTF_H

#include "../common/base.h"

#define VOUCH_BTF_MAX (32u << 20) /* bytes of a kernel's BTF */
#define VOUCH_BTF_BITS 8u /* of a byte */

enum vouch_kbtf_kind {
	VOUCH_BTF_VOID, /* also what is malformed */
	VOUCH_BTF_INT, /* enumerations are VOUCH_BTF_ENUM */
	VOUCH_BTF_ENUM,
	VOUCH_BTF_FLOAT,
	VOUCH_BTF_POINTER,
	VOUCH_BTF_ARRAY,
	VOUCH_BTF_STRUCT,
	VOUCH_BTF_UNION,
	VOUCH_BTF_FUNCTION, /* a prototype */
};

/* A type without its typedefs and qualifiers. Texts belong to the BTF. */
struct vouch_kbtf_type {
	enum vouch_kbtf_kind kind;
	u32 id;
	const char *name; /* "" if it has none */
	u64 size; /* bytes; 0 of a structure that is only declared */
	bool is_signed;
	bool is_bool;
	bool is_char;
	u32 to; /* POINTER: of what; ARRAY: element */
	u32 n; /* ARRAY: elements; STRUCT, UNION: members */
};

struct vouch_kbtf_member {
	const char *name; /* "" of an anonymous structure or union */
	u32 type;
	u64 bit; /* where it begins */
	u32 bits; /* of a bitfield, else 0 */
};

struct vouch_kbtf;

/**
 * vouch_kbtf_parse() - read a kernel's BTF.
 * @data: raw BTF, as in a kernel's section .BTF
 * @len: bytes
 * @out: set on success; release with vouch_kbtf_free()
 *
 * Return: 0, -EINVAL if it is none, or -ENOMEM.
 */
int vouch_kbtf_parse(const void *data, size_t len, struct vouch_kbtf **out);

/**
 * vouch_kbtf_free() - release what vouch_kbtf_parse() made.
 * @btf: may be NULL
 */
void vouch_kbtf_free(struct vouch_kbtf *btf);

/**
 * vouch_kbtf_type() - a type, without typedefs and qualifiers.
 * @btf: the BTF
 * @id: any number
 *
 * Return: the type; of kind VOUCH_BTF_VOID if there is none of that id.
 */
struct vouch_kbtf_type vouch_kbtf_type(const struct vouch_kbtf *btf, u32 id);

/**
 * vouch_kbtf_member() - a member of a structure or union.
 * @btf: the BTF
 * @type: the structure or union
 * @i: less than its number of members
 *
 * Return: the member.
 */
struct vouch_kbtf_member vouch_kbtf_member(const struct vouch_kbtf *btf,
					   const struct vouch_kbtf_type *type,
					   u32 i);

/**
 * vouch_kbtf_find() - look for a structure or union by name.
 * @btf: the BTF
 * @kind: VOUCH_BTF_STRUCT or VOUCH_BTF_UNION
 * @name: its name
 * @type: set on success
 *
 * Return: 0, -ENOENT, or -ENOTUNIQ if there are several.
 */
int vouch_kbtf_find(const struct vouch_kbtf *btf, enum vouch_kbtf_kind kind,
		    const char *name, struct vouch_kbtf_type *type);

#endif /* VOUCH_KBTF_H */
