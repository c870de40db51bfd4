/* SPDX-License-Identifier: BSD-2-Clause */
/* The bridge's own reader of an object's BTF. */
#ifndef VOUCH_BTF_TYPES_H
#define VOUCH_BTF_TYPES_H

#include <linux/btf.h>

#include "../common/base.h"

/* BTF whose types were all found within their bounds. */
struct vouch_types {
	const u8 *bytes; /* of all types */
	u32 len;
	const char *strings;
	u32 strings_len;
	u32 *at; /* offset of each type, by its id - 1 */
	u32 n;
};

struct vouch_type {
	struct btf_type t;
	const u8 *extra; /* what follows it: members, variables, ... */
	u32 extra_len;
};

/**
 * vouch_types_open() - find the types of BTF.
 * @types: filled on success; close with vouch_types_close()
 * @btf: content of the section .BTF; must outlive @types
 * @len: its bytes
 *
 * Return: 0, -EINVAL if it is malformed, or -ENOMEM.
 */
int vouch_types_open(struct vouch_types *types, const void *btf, size_t len);

/**
 * vouch_types_close() - free what vouch_types_open() allocated.
 * @types: may be all zero
 */
void vouch_types_close(struct vouch_types *types);

/**
 * vouch_types_get() - get a type.
 * @types: the types
 * @id: of the type, from 1
 * @type: filled on success
 *
 * Return: true if there is one of that id.
 */
bool vouch_types_get(const struct vouch_types *types, u32 id,
		     struct vouch_type *type);

/**
 * vouch_types_name() - get the name at an offset.
 * @types: the types
 * @offset: into the strings, bytes
 *
 * Return: the name; "" if the offset is none.
 */
const char *vouch_types_name(const struct vouch_types *types, u32 offset);

/**
 * vouch_types_section() - find the section of variables of a name.
 * @types: the types
 * @name: as ".data"
 * @section: filled on success
 *
 * Return: true if there is one.
 */
bool vouch_types_section(const struct vouch_types *types, const char *name,
			 struct vouch_type *section);

/**
 * vouch_types_variable() - get a variable of a section.
 * @types: the types
 * @section: as vouch_types_section() gave it
 * @i: from 0
 * @info: filled: its type's id, offset and size in bytes
 * @variable: filled on success: the variable's own type
 *
 * Return: true if there is an @i-th, and it is a variable.
 */
bool vouch_types_variable(const struct vouch_types *types,
			  const struct vouch_type *section, u32 i,
			  struct btf_var_secinfo *info,
			  struct vouch_type *variable);

/**
 * vouch_types_strip() - get a type without its typedefs and qualifiers.
 * @types: the types
 * @id: of the type
 * @type: filled on success
 *
 * Return: true, or false if there is none, or they lead nowhere.
 */
bool vouch_types_strip(const struct vouch_types *types, u32 id,
		       struct vouch_type *type);

/**
 * vouch_types_size() - how large is a value of a type?
 * @types: the types
 * @id: of the type
 * @size: set on success, bytes
 *
 * Return: true, or false if values of the type have no size.
 */
bool vouch_types_size(const struct vouch_types *types, u32 id, u32 *size);

#endif /* VOUCH_BTF_TYPES_H */
